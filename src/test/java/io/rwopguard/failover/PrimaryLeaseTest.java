package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.workload.ClaimKey;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrimaryLeaseTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data-db-0");
  private static final Instant NOW = Instant.parse("2026-11-24T01:00:00Z");

  @Test
  void is_named_after_its_claim_however_long_that_name_is() {
    assertThat(PrimaryLease.nameOf(CLAIM)).isEqualTo("rwop-guard-data-db-0");
    assertThat(PrimaryLease.nameOf(new ClaimKey("shop", "x".repeat(253)))).hasSizeLessThan(254);
    assertThat(PrimaryLease.nameOf(new ClaimKey("shop", "x".repeat(252))))
        .isNotEqualTo(PrimaryLease.nameOf(new ClaimKey("shop", "x".repeat(253))));
  }

  @Test
  void remembers_the_last_ten_failovers() {
    PrimaryLease lease = new PrimaryLease(CLAIM, "l", "db-0/u", 1, Map.of());
    for (int i = 0; i < 12; i++) {
      String history = lease.historyWith(NOW.plusSeconds(i), "node-" + i);
      lease = new PrimaryLease(CLAIM, "l", "db-0/u", 1, Map.of(PrimaryLease.HISTORY, history));
    }
    assertThat(lease.history()).hasSize(10);
    assertThat(lease.history().get(0).node()).isEqualTo("node-2");
    assertThat(lease.history().get(9).at()).isEqualTo(NOW.plusSeconds(11));
  }

  @Test
  void takes_what_somebody_else_wrote_for_nothing() {
    PrimaryLease lease =
        new PrimaryLease(
            CLAIM,
            "l",
            "",
            0,
            Map.of(PrimaryLease.HISTORY, "yesterday node-1, , x", PrimaryLease.FAILOVER, "{}"));
    assertThat(lease.history()).isEmpty();
    assertThat(lease.failover()).isEmpty();
  }
}
