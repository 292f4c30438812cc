package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleSetTest {

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      spec: {accessModes: [%s], %s: {}}
      """;

  private static ObjectNode volume(String modes, String source) {
    return Manifests.parse(VOLUME.formatted(modes, source));
  }

  @Test
  void gives_all_findings_in_the_order_of_the_rules() {
    var object = Manifests.facts(volume("ReadWriteOncePod, ReadWriteOnce", "nfs"));

    assertThat(RuleSet.WITH_DEFAULTS.findings(object, Optional.empty(), new EmptyInventory()))
        .extracting(Finding::rule)
        .containsExactly("sole-access-mode", "csi-only");
  }

  @Test
  void only_warns_on_an_update_of_what_was_wrong_before() {
    var before = Manifests.facts(volume("ReadWriteOncePod", "nfs"));
    var after = Manifests.facts(volume("ReadWriteOncePod", "nfs"));

    assertThat(RuleSet.WITH_DEFAULTS.findings(after, Optional.of(before), new EmptyInventory()))
        .extracting(Finding::severity)
        .containsExactly(Severity.WARN);
  }

  @Test
  void denies_an_update_that_makes_it_worse() {
    var before = Manifests.facts(volume("ReadWriteOnce", "nfs"));
    var after = Manifests.facts(volume("ReadWriteOncePod", "nfs"));

    assertThat(RuleSet.WITH_DEFAULTS.findings(after, Optional.of(before), new EmptyInventory()))
        .extracting(Finding::severity)
        .containsExactly(Severity.DENY);
  }

  @Test
  void ids_are_unique() {
    assertThat(RuleSet.WITH_DEFAULTS.rules()).extracting(Rule::id).doesNotHaveDuplicates();
  }

  private static ObjectFacts deployment(int replicas, String claim) {
    return Manifests.facts(
        Manifests.parse(
            """
            apiVersion: apps/v1
            kind: Deployment
            spec:
              replicas: %d
              strategy: {type: Recreate}
              template:
                spec:
                  containers: [{name: db}]
                  volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
            """
                .formatted(replicas, claim)));
  }

  @ParameterizedTest
  @CsvSource({
    // scaling down is never refused, and one more Pod that waits is no new mistake
    "3, exclusive, 2, exclusive, WARN",
    "2, exclusive, 3, exclusive, WARN",
    "1, exclusive, 2, exclusive, DENY",
    "2, shared, 2, exclusive, DENY",
  })
  void judges_an_update_by_what_it_changes(
      int replicasBefore, String claimBefore, int replicas, String claim, Severity severity) {
    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                deployment(replicas, claim),
                Optional.of(deployment(replicasBefore, claimBefore)),
                new FixtureInventory()))
        .extracting(Finding::severity)
        .containsExactly(severity);
  }

  @ParameterizedTest
  @CsvSource({
    "2, exclusive, 1, exclusive",
    "2, exclusive, 0, exclusive",
    "2, exclusive, 2, shared"
  })
  void accepts_an_update_that_fixes_it(
      int replicasBefore, String claimBefore, int replicas, String claim) {
    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                deployment(replicas, claim),
                Optional.of(deployment(replicasBefore, claimBefore)),
                new FixtureInventory()))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ownerReferences: [{apiVersion: awx.ansible.com/v1beta1, kind: AWX, name: a, uid: u}]",
        "ownerReferences: [{apiVersion: example.org/v1, kind: Db, name: a, uid: u, controller: true}]",
        "labels: {application: spilo, cluster-name: a}, ownerReferences: [{apiVersion: example.org/v1, kind: Db, name: a, uid: u}]"
      })
  void only_audits_what_an_operator_manages_with_and_without_controller(String metadata) {
    ObjectNode volume = volume("ReadWriteOncePod, ReadWriteOnce", "nfs");
    volume.set("metadata", Manifests.parse("{" + metadata + "}"));

    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(volume), Optional.empty(), new EmptyInventory()))
        .hasSize(2)
        .extracting(Finding::severity)
        .containsOnly(Severity.AUDIT);
  }

  /** Anyone can write a label, so it never silences what its author has to know. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "labels: {createdBy: kanister}",
        "labels: {jenkins/label: a}",
        "labels: {app.kubernetes.io/managed-by: db-operator}"
      })
  void warns_of_what_only_its_labels_call_an_operators(String metadata) {
    ObjectNode volume = volume("ReadWriteOncePod, ReadWriteOnce", "nfs");
    volume.set("metadata", Manifests.parse("{" + metadata + "}"));

    assertThat(findings(Manifests.facts(volume)))
        .hasSize(2)
        .extracting(Finding::severity)
        .containsOnly(Severity.WARN);
  }

  @Test
  void warns_of_a_deployment_whose_template_is_labelled_as_an_operators() {
    ObjectNode deployment =
        Manifests.read(
            Manifests.RESOURCES.resolve(
                "rules/single-consumer/fail/deployment-that-labels-itself-as-an-operators.yaml"));

    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(deployment), Optional.empty(), new FixtureInventory()))
        .isNotEmpty()
        .extracting(Finding::severity)
        .containsOnly(Severity.WARN);
  }

  @Test
  void refuses_what_a_gitops_tool_applies() {
    ObjectNode volume = volume("ReadWriteOncePod, ReadWriteOnce", "nfs");
    volume.set(
        "metadata",
        Manifests.parse("{labels: {app.kubernetes.io/managed-by: kustomize-controller}}"));

    assertThat(findings(Manifests.facts(volume)))
        .extracting(Finding::severity)
        .contains(Severity.DENY);
  }

  private static List<Finding> findings(ObjectFacts object) {
    return RuleSet.WITH_DEFAULTS.findings(object, Optional.empty(), new EmptyInventory());
  }

  @Test
  void warns_of_scaling_what_only_its_labels_call_an_operators() {
    assertThat(scaled("labelled-only")).containsExactly(Severity.WARN);
  }

  @Test
  void only_audits_scaling_what_an_operator_manages_without_controller() {
    assertThat(scaled("without-controller")).containsExactly(Severity.AUDIT);
  }

  private static List<Severity> scaled(String deployment) {
    ObjectNode scale =
        Manifests.parse(
            """
            apiVersion: autoscaling/v1
            kind: Scale
            metadata: {name: %s}
            spec: {replicas: 2}
            """
                .formatted(deployment));
    return RuleSet.WITH_DEFAULTS
        .findings(Manifests.facts(scale), Optional.empty(), new FixtureInventory())
        .stream()
        .map(Finding::severity)
        .toList();
  }

  private static List<Severity> ofUser(String metadata) {
    ObjectNode set =
        Manifests.parse(
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db%s}
            spec:
              replicas: 2
              template:
                metadata: {labels: {app: db}}
                spec:
                  containers: [{name: db, image: db}]
                  volumes: [{name: data, persistentVolumeClaim: {claimName: exclusive}}]
            """
                .formatted(metadata));
    return RuleSet.WITH_DEFAULTS
        .findings(Manifests.facts(set), Optional.empty(), new FixtureInventory(), Author.USER)
        .stream()
        .filter(finding -> finding.rule().equals("single-consumer"))
        .map(Finding::severity)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ", ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: c, uid: u, controller: true}]",
        ", ownerReferences: [{apiVersion: example.org/v1, kind: Database, name: d, uid: u}]",
        ", labels: {app.kubernetes.io/managed-by: x-operator}"
      })
  void what_a_user_writes_about_its_owner_changes_nothing(String metadata) {
    assertThat(ofUser(metadata)).containsExactly(Severity.DENY);
  }

  @ParameterizedTest
  @CsvSource({"OPERATOR, AUDIT", "KUBERNETES, DENY", "USER, DENY"})
  void only_its_operator_scales_what_an_operator_owns(Author author, Severity severity) {
    ObjectNode scale =
        Manifests.parse(
            "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: without-controller}, spec: {replicas: 2}}");
    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(scale), Optional.empty(), new FixtureInventory(), author))
        .extracting(Finding::severity)
        .containsExactly(severity);
  }
}
