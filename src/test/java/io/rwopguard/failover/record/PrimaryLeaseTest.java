package io.rwopguard.failover.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrimaryLeaseTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data-db-0");

  @Test
  void is_named_after_its_claim_however_long_that_name_is() {
    assertThat(PrimaryLease.nameOf(CLAIM)).isEqualTo("rwop-guard-data-db-0");
    assertThat(PrimaryLease.nameOf(new ClaimKey("shop", "x".repeat(253)))).hasSizeLessThan(254);
    assertThat(PrimaryLease.nameOf(new ClaimKey("shop", "x".repeat(252))))
        .isNotEqualTo(PrimaryLease.nameOf(new ClaimKey("shop", "x".repeat(253))));
  }

  @Test
  void a_lease_is_current_as_it_was_written_and_not_once_any_of_it_is_changed() {
    TokenEntry entry =
        new TokenEntry(7, "db-0/u1", CLAIM, "pv-1", Instant.parse("2026-11-26T00:01:20.400123Z"));
    ObjectNode written = LeaseCopy.of(CLAIM, "c1", entry);
    PrimaryLease seen = PrimaryLease.read(written).orElseThrow();
    assertThat(LeaseCopy.isCurrent(seen, CLAIM, entry)).isTrue();
    assertThat(LeaseCopy.isCurrent(written, CLAIM, "c1", entry)).isTrue();
    assertThat(LeaseCopy.isCurrent(written, CLAIM, "c2", entry)).isFalse();
    for (String field : List.of("holderIdentity", "leaseTransitions", "acquireTime", "renewTime")) {
      ObjectNode changed = written.deepCopy();
      changed.withObjectProperty("spec").put(field, "another");
      assertThat(LeaseCopy.isCurrent(changed, CLAIM, "c1", entry)).as(field).isFalse();
    }
    ObjectNode unlabelled = written.deepCopy();
    unlabelled.withObjectProperty("metadata").remove("labels");
    assertThat(LeaseCopy.isCurrent(unlabelled, CLAIM, "c1", entry)).isFalse();
  }
}
