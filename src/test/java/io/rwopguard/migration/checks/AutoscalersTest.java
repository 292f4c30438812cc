package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static io.rwopguard.migration.checks.WrittenCluster.uses;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AutoscalersTest {

  private static final String WIKI =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: wiki}\nspec: {replicas: 1, template: {spec: %s}}"
          .formatted(uses("data"));

  private static Autoscalers autoscalers(String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    return new Autoscalers(cluster.unit(), cluster.around());
  }

  private static String autoscaler(String target, String metadata, String spec) {
    return "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: scaler%s}\nspec: {scaleTargetRef: {%s}%s}"
        .formatted(metadata, target, spec);
  }

  private static final String SET = "apiVersion: apps/v1, kind: StatefulSet, name: db";

  /** Kubernetes documents this, and ScalingDisabled in its conditions shows it. */
  @ParameterizedTest
  @ValueSource(strings = {", maxReplicas: 5", ", minReplicas: 2, maxReplicas: 5"})
  void an_autoscaler_leaves_a_set_at_0_alone_and_is_noted(String spec) {
    Autoscalers found = autoscalers(DATABASE, autoscaler(SET, "", spec));
    assertThat(found.problems()).isEmpty();
    assertThat(found.notes())
        .containsExactly(
            "HorizontalPodAutoscaler scaler ignores StatefulSet db while it is at 0 replicas, and scales it again after the migration");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | , minReplicas: 0",
        "`, annotations: {autoscaling.alpha.kubernetes.io/conditions: '[{\"type\":\"ScaledToZero\",\"status\":\"True\"}]'}` | , minReplicas: 1",
      })
  void an_autoscaler_that_scales_to_0_and_back_is_refused(String metadata, String min) {
    Autoscalers found =
        autoscalers(DATABASE, autoscaler(SET, metadata, min.strip() + ", maxReplicas: 3"));
    assertThat(found.problems())
        .singleElement()
        .asString()
        .startsWith("HorizontalPodAutoscaler scaler scales to 0 and back up")
        .contains("Set its minReplicas to 1");
    assertThat(found.notes()).isEmpty();
  }

  @Test
  void an_autoscaler_to_several_pods_on_one_claim_is_refused() {
    String target = "apiVersion: apps/v1, kind: Deployment, name: wiki";
    assertThat(
            autoscalers(claim("data"), WIKI, autoscaler(target, "", ", maxReplicas: 4")).problems())
        .containsExactly(
            "HorizontalPodAutoscaler scaler may scale Deployment wiki to 4 Pods that share one claim, but ReadWriteOncePod allows only one Pod. Set its maxReplicas to 1, or delete it.");
    assertThat(
            autoscalers(claim("data"), WIKI, autoscaler(target, "", ", maxReplicas: 1")).problems())
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "apiVersion: apps/v1, kind: StatefulSet, name: other",
        "apiVersion: apps/v1, kind: Deployment, name: db",
        "apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, name: db",
      })
  void an_autoscaler_of_something_else_is_of_no_interest(String target) {
    Autoscalers found =
        autoscalers(DATABASE, autoscaler(target, "", ", minReplicas: 0, maxReplicas: 2"));
    assertThat(found.problems()).isEmpty();
    assertThat(found.notes()).isEmpty();
  }

  private static String scaledObject(String annotations, String target, String spec) {
    return "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: queue, annotations: {%s}}\nspec: {scaleTargetRef: {%s}%s}"
        .formatted(annotations, target, spec);
  }

  private static final String OF_KEDA =
      autoscaler(
          SET,
          "-x, ownerReferences: [{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: queue, controller: true}]",
          ", minReplicas: 1, maxReplicas: 100");

  private static final String PAUSE =
      "ScaledObject queue (KEDA) would scale StatefulSet db back up during the migration. Pause it: kubectl annotate scaledobject queue -n shop --overwrite autoscaling.keda.sh/paused=true autoscaling.keda.sh/paused-replicas-";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "autoscaling.keda.sh/paused: \"false\"",
        "autoscaling.keda.sh/paused-replicas: \"1\"",
        "autoscaling.keda.sh/paused-scale-in: \"true\"",
      })
  void a_scaled_object_is_named_with_its_pause_and_its_autoscaler_is_not(String annotations) {
    assertThat(autoscalers(DATABASE, scaledObject(annotations, SET, ""), OF_KEDA).problems())
        .containsExactly(PAUSE);
    assertThat(autoscalers(DATABASE, scaledObject(annotations, SET, "")).problems())
        .containsExactly(PAUSE);
  }

  @Test
  void an_autoscaler_of_a_scaled_object_that_may_not_be_read_names_it() {
    assertThat(autoscalers(DATABASE, OF_KEDA).problems()).containsExactly(PAUSE);
  }

  @Test
  void a_scaled_object_without_a_kind_scales_a_deployment() {
    assertThat(autoscalers(claim("data"), WIKI, scaledObject("", "name: wiki", "")).problems())
        .hasSize(1);
    assertThat(autoscalers(DATABASE, scaledObject("", "name: db", "")).problems()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "autoscaling.keda.sh/paused: \"true\"",
        "autoscaling.keda.sh/paused: \"yes\"",
        "autoscaling.keda.sh/paused-replicas: \"0\""
      })
  void a_paused_scaled_object_is_only_noted(String annotation) {
    Autoscalers ofSet = autoscalers(DATABASE, scaledObject(annotation, SET, ""));
    assertThat(ofSet.problems()).isEmpty();
    assertThat(ofSet.notes())
        .containsExactly(
            "ScaledObject queue (KEDA) of StatefulSet db is paused. To resume it after the migration, remove its annotations autoscaling.keda.sh/paused and autoscaling.keda.sh/paused-replicas");
    Autoscalers ofOne =
        autoscalers(claim("data"), WIKI, scaledObject(annotation, "name: wiki", ""));
    assertThat(ofOne.notes()).singleElement().asString().contains("Set its maxReplicaCount to 1");
    ofOne =
        autoscalers(
            claim("data"), WIKI, scaledObject(annotation, "name: wiki", ", maxReplicaCount: 1"));
    assertThat(ofOne.notes()).singleElement().asString().doesNotContain("maxReplicaCount");
  }
}
