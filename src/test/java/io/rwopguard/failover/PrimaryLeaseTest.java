package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.workload.ClaimKey;
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
}
