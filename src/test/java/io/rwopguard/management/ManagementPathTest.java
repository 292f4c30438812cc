package io.rwopguard.management;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementPathTest {

  @ParameterizedTest
  @ValueSource(strings = {"/q/health/live", "/q/health/ready", "/q/health/started"})
  void what_kubelets_probe_is_open(String path) {
    assertThat(ManagementPath.isOpen(path)).isTrue();
    assertThat(ManagementPath.isProtected(path)).isFalse();
    assertThat(ManagementPath.all()).contains(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/failover", "/q/metrics", "/q/health", "/q/health/well", "/q/health/group"})
  void what_else_the_port_serves_needs_a_token(String path) {
    assertThat(ManagementPath.isOpen(path)).isFalse();
    assertThat(ManagementPath.isProtected(path)).isTrue();
    assertThat(ManagementPath.all()).contains(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "*",
        "/api",
        "/api/x1",
        "/version",
        "/healthz",
        "failover",
        "//failover",
        "/failover/",
        "/FAILOVER",
        "/q//metrics",
        "/q/./metrics",
        "/q/metrics/",
        "/q/metrics/x",
        "/q/health/",
        "/q/health/live/",
        "/Q/health/live",
        "/q/health/LIVE",
        "/q/health/live/x",
        "/q/health/livex",
        "/q/health/group/x",
        "/health/live",
        "/q/health/live/../../metrics",
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
        "http://host/failover"
      })
  void any_other_path_does_not_exist(String path) {
    assertThat(ManagementPath.isOpen(path)).isFalse();
    assertThat(ManagementPath.isProtected(path)).isFalse();
  }
}
