package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.KnownClaims;
import io.rwopguard.Manifests;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exact words of the rules about workloads and the claims that they name. */
class WorkloadRulesTest {

  private static List<Finding> check(String rule, String fixture) {
    var file = Manifests.RESOURCES.resolve("rules/%s/fail/%s.yaml".formatted(rule, fixture));
    var object = Manifests.facts(Manifests.read(file));
    return RuleSet.WITH_DEFAULTS.findings(object, new KnownClaims()).stream()
        .filter(finding -> finding.rule().equals(rule))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "single-consumer | deployment-of-two | DENY | spec.replicas: 2 Pods run at a time, and claim exclusive is ReadWriteOncePod: all but the first stay Pending for ever; run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (single-consumer)",
        "single-consumer | daemonset | DENY | spec: a DaemonSet runs a Pod on each node, and claim exclusive is ReadWriteOncePod: all but the first stay Pending for ever; run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (single-consumer)",
        "single-consumer | parallel-cronjob | WARN | spec.jobTemplate.spec.parallelism: 2 Pods run at a time, and claim exclusive is ReadWriteOncePod: they take turns; run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (single-consumer)",
        "rolling-update-deadlock | default-strategy | WARN | spec.strategy.rollingUpdate.maxUnavailable: maxUnavailable comes to 0, so on a rollout the new Pod waits for claim exclusive and the old Pod for the new one; write strategy: {type: Recreate} (rolling-update-deadlock)",
        "bypasses-scheduler | pod | WARN | spec.nodeName: it goes round the scheduler, which keeps a second Pod off the ReadWriteOncePod claim exclusive; leave nodeName out and write nodeSelector: {kubernetes.io/hostname: NODE} (bypasses-scheduler)",
        "claim-unknown | deployment | WARN | spec.template.spec.volumes: there is no claim missing in namespace shop, and Pods wait until there is; create the claim, or mend its name (claim-unknown)",
      })
  void says_where_why_and_what_to_write(
      String rule, String fixture, Severity severity, String message) {
    assertThat(check(rule, fixture))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(severity);
              assertThat(finding.message()).isEqualTo(message);
            });
  }

  @Test
  void what_a_controller_made_is_never_refused() {
    var manifest =
        Manifests.read(
            Manifests.RESOURCES.resolve("rules/single-consumer/fail/replicaset-of-two.yaml"));
    manifest
        .withObject("/metadata")
        .putArray("ownerReferences")
        .addObject()
        .put("kind", "Deployment")
        .put("controller", true);

    assertThat(RuleSet.WITH_DEFAULTS.findings(Manifests.facts(manifest), new KnownClaims()))
        .extracting(Finding::severity)
        .containsExactly(Severity.AUDIT);
  }
}
