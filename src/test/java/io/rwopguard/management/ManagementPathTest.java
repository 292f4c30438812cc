package io.rwopguard.management;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementPathTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/failover",
        "/q/metrics",
        "/q/health",
        "/q/health/well",
        "/q/health/live",
        "/a.b"
      })
  void a_path_of_plain_segments_is_plain(String path) {
    assertThat(ManagementPath.isPlain(path)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "*",
        "failover",
        "//failover",
        "/failover/",
        "/q//metrics",
        "/q/./metrics",
        "/q/health/live/../../metrics",
        "/q/health/live/..",
        "/q/health/live/%2e%2e/%2e%2e/metrics",
        "/%66ailover",
        "/q%2fmetrics",
        "/q/metrics;a=b",
        "/q/health/live;/../../metrics",
        "/q/metrics#/q/health/live",
        "/q/metrics?",
        "/q\\metrics",
        "/q/metrics\u0000",
        "/q/metrics\n",
        "/q/m\u00e9trics",
        "/q/ metrics",
        "http://host/failover"
      })
  void any_other_path_is_not(String path) {
    assertThat(ManagementPath.isPlain(path)).isFalse();
  }

  @Test
  void a_path_is_limited_in_length() {
    assertThat(ManagementPath.isPlain("/" + "a".repeat(255))).isTrue();
    assertThat(ManagementPath.isPlain("/" + "a".repeat(256))).isFalse();
    assertThat(ManagementPath.isPlain("/a".repeat(100_000))).isFalse();
    assertThat(ManagementPath.isPlain("/a".repeat(128))).isTrue();
    assertThat(ManagementPath.isPlain(null)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/q/health/live", "/q/health/ready", "/q/health/started"})
  void what_kubelets_probe_is_open(String path) {
    assertThat(ManagementPath.isOpen(path)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/failover",
        "/q/metrics",
        "/q/health",
        "/q/health/",
        "/q/health/live/",
        "/Q/health/live",
        "/q/health/LIVE",
        "/q/health/live/x",
        "/q/health/livex",
        "/q/health/well",
        "/q/health/group/x",
        "/health/live"
      })
  void nothing_else_is_open(String path) {
    assertThat(ManagementPath.isOpen(path)).isFalse();
  }
}
