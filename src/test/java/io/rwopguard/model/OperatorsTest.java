package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorsTest {

  private static ObjectNode metadata(String yaml) {
    return Manifests.parse("{" + yaml + "}");
  }

  @ParameterizedTest
  @CsvSource({
    "postgresql.cnpg.io/v1, Cluster, 'controller: true'",
    "awx.ansible.com/v1beta1, AWX, 'controller: false'",
    "argoproj.io/v1alpha1, Rollout, 'uid: u'",
    "sparkoperator.k8s.io/v1beta2, SparkApplication, 'uid: u'",
    "flinkoperator.k8s.io/v1beta1, FlinkCluster, 'uid: u'",
  })
  void an_owner_of_a_foreign_group_is_an_operator_with_and_without_controller(
      String apiVersion, String kind, String more) {
    assertThat(
            Operators.of(
                metadata(
                    "ownerReferences: [{apiVersion: %s, kind: %s, name: db, %s}]"
                        .formatted(apiVersion, kind, more))))
        .contains(new Operator(kind + " db", true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"v1", "apps/v1", "batch/v1", "autoscaling/v2", "policy/v1", "app.k8s.io/v1"})
  void an_owner_of_kubernetes_own_groups_is_none(String apiVersion) {
    assertThat(
            Operators.of(
                metadata(
                    "ownerReferences: [{apiVersion: %s, kind: Any, name: db, controller: true}]"
                        .formatted(apiVersion))))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'application: spilo, cluster-name: db, team: a', 'postgres-operator (labels application: spilo, cluster-name: db)'",
    "'app: db, cnpg.io/cluster: db', 'CloudNativePG (label cnpg.io/cluster: db)'",
    "'app.kubernetes.io/managed-by: an-operator', 'an operator (label app.kubernetes.io/managed-by: an-operator)'",
    "'app.kubernetes.io/managed-by: db-controller', an operator",
  })
  void labels_tell_an_operator(String labels, String operator) {
    assertThat(Operators.of(metadata("labels: {%s}".formatted(labels))))
        .hasValueSatisfying(
            found -> {
              assertThat(found.title()).contains(operator);
              assertThat(found.owns()).isFalse();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application: spilo",
        "application: other, cluster-name: db",
        "app: kafka",
        "app.kubernetes.io/managed-by: Helm",
        "app.kubernetes.io/managed-by: kustomize-controller",
        "app.kubernetes.io/managed-by: helm-controller",
        "app.kubernetes.io/managed-by: source-controller",
        "app.kubernetes.io/managed-by: notification-controller",
        "app.kubernetes.io/managed-by: image-automation-controller",
        "app.kubernetes.io/managed-by: flux-operator",
        "app.kubernetes.io/managed-by: ArgoCD-application-controller",
        "app.kubernetes.io/managed-by: argocd-controller",
        "app.kubernetes.io/managed-by: fleet-controller",
        "app.kubernetes.io/managed-by: kapp-controller",
        "app: db"
      })
  void fewer_labels_or_other_values_tell_none(String labels) {
    assertThat(Operators.of(metadata("labels: {%s}".formatted(labels)))).isEmpty();
  }

  @Test
  void every_operator_is_recognized_by_the_labels_in_the_file() {
    assertThat(OperatorSign.all())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            sign -> {
              ObjectNode metadata = Manifests.parse("{labels: {other: label}}");
              sign.labels().forEach(((ObjectNode) metadata.path("labels"))::put);
              assertThat(Operators.of(metadata))
                  .hasValueSatisfying(
                      found -> assertThat(found.title()).startsWith(sign.title() + " ("));
            });
  }
}
