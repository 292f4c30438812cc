package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  private static ObjectNode onKept(String kind, String metadata) {
    return Manifests.parse(
        """
        apiVersion: apps/v1
        kind: %s
        metadata: {%s}
        spec:
          replicas: 1
          strategy: {type: Recreate}
          template:
            metadata: {labels: {app: kept}}
            spec:
              containers: [{name: db, image: db}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: kept}}]
        """
            .formatted(kind, metadata));
  }

  private static List<String> inUse(ObjectNode manifest, Author author) {
    return RuleSet.WITH_DEFAULTS
        .findings(Manifests.facts(manifest), Optional.empty(), new FixtureInventory(), author)
        .stream()
        .filter(finding -> finding.rule().equals("claim-in-use"))
        .map(Finding::message)
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Author.class)
  void an_object_of_an_operator_is_no_other_consumer_than_itself_whoever_changes_it(Author author) {
    String metadata =
        "name: kept, ownerReferences: [{apiVersion: example.org/v1, kind: Database, name: k, uid: u, controller: true}]";
    assertThat(inUse(onKept("Deployment", metadata), author)).isEmpty();
    String made =
        "name: kept-1, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: kept, uid: u, controller: true}]";
    assertThat(inUse(onKept("ReplicaSet", made), author)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{apiVersion: example.org/v1, kind: Database, name: k, uid: u, controller: true}",
        "{apiVersion: apps/v1, kind: Deployment, name: kept, uid: u, controller: true}",
        "{apiVersion: v1, kind: ConfigMap, name: c, uid: u, controller: true}"
      })
  void an_owner_that_a_user_writes_makes_no_second_consumer_the_same(String owner) {
    ObjectNode set = onKept("StatefulSet", "name: second, ownerReferences: [%s]".formatted(owner));
    assertThat(inUse(set, Author.USER)).singleElement().asString().contains("Database k");
  }
}
