package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the fixtures of the rules about workloads do not show. */
class WorkloadRulesTest {

  /** KEDA creates it like this: kedacore/keda, pkg/scaling/executor and controllers/keda/hpa.go. */
  @Test
  void audits_an_autoscaler_of_keda_with_the_name_of_the_scaled_object() {
    var manifest =
        Manifests.parse(
            """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: keda-hpa-web
              ownerReferences:
                - {apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: web, uid: a, controller: true, blockOwnerDeletion: true}
            spec:
              maxReplicas: 10
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: on-exclusive}
            """);
    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(manifest), Optional.empty(), new FixtureInventory()))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.AUDIT);
              assertThat(finding.message())
                  .contains(
                      "set maxReplicaCount: 1 in ScaledObject web, which created this autoscaler");
            });
  }

  @Test
  void never_refuses_objects_of_a_controller() {
    var manifest =
        Manifests.read(
            Manifests.RESOURCES.resolve("rules/single-consumer/fail/replicaset-of-two.yaml"));
    manifest
        .withObject("/metadata")
        .putArray("ownerReferences")
        .addObject()
        .put("kind", "Deployment")
        .put("controller", true);

    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(manifest), Optional.empty(), new FixtureInventory()))
        .extracting(Finding::severity)
        .containsExactly(Severity.AUDIT);
  }
}
