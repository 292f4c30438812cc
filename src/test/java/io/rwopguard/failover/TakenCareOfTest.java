package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.failover.plan.NodeLimits;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The taints by which other controllers take care of a node, in the default settings. */
class TakenCareOfTest {

  private static final NodeLimits LIMITS =
      FailoverSettings.limits(
          new SmallRyeConfigBuilder()
              .addDefaultInterceptors()
              .addDiscoveredConverters()
              .withMapping(RwopGuardConfig.class)
              .build()
              .getConfigMapping(RwopGuardConfig.class)
              .failover());

  private static boolean isTakenCareOf(String key) {
    return LIMITS.externalRemediationTaints().stream()
        .anyMatch(pattern -> pattern.matcher(key).matches());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "medik8s.io/remediation",
        "medik8s.io/fence-agents-remediation",
        "remediation.medik8s.io/fence-agents-remediation",
        "ToBeDeletedByClusterAutoscaler",
        "karpenter.sh/disrupted"
      })
  void another_controller_takes_care_of_the_node(String key) {
    assertThat(isTakenCareOf(key)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"node.kubernetes.io/unreachable", "example.com/medik8s.io/remediation"})
  void other_taints_say_nothing_of_that(String key) {
    assertThat(isTakenCareOf(key)).isFalse();
  }
}
