package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A driver that is not known to keep no stale mappings needs a reboot after a fence. */
class StaleMappingsTest {

  @ParameterizedTest
  @CsvSource({
    "rbd.csi.ceph.com, true",
    "disk.csi.azure.com, true",
    "unknown.example.com, true",
    "topolvm.io, false"
  })
  void only_a_driver_that_is_known_to_keep_none_needs_no_reboot(String driver, boolean needs) {
    assertThat(FailoverAssembly.mayKeepStaleMappings(driver)).isEqualTo(needs);
  }
}
