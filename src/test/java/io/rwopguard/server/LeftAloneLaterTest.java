package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workloads that were edited and are left alone since. */
class LeftAloneLaterTest extends MutatorTestBase {

  private static final String DEPLOYMENT =
      """
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop},
       spec: {replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}},
         template: {metadata: {labels: {app: db}}, spec: {terminationGracePeriodSeconds: 30,
           containers: [{name: db, image: "db:1", ports: [{containerPort: 5432}], volumeMounts: [{name: data}]}],
           volumes: [{name: data, persistentVolumeClaim: {claimName: exclusive}}]}}}}
      """;

  private static final String LABELLED = "{labels: {app.kubernetes.io/managed-by: db-operator}}";
  private static final String OWNED =
      "{ownerReferences: [{apiVersion: example.org/v1, kind: Database, name: db, uid: a}]}";

  private ObjectNode stored(String metadata) {
    ObjectNode stored =
        JsonPatch.apply(create(DEPLOYMENT).patch(), Manifests.parse(DEPLOYMENT)).deepCopy();
    assertThat(stored.at("/spec/strategy/type").asText()).isEqualTo("Recreate");
    ((ObjectNode) stored.path("metadata")).setAll(Manifests.parse(metadata));
    return stored;
  }

  @ParameterizedTest
  @ValueSource(strings = {LABELLED, OWNED})
  void limits_that_an_operator_applies_do_not_mix_with_the_strategy_that_was_set(String metadata) {
    JsonNode stored = stored(metadata);
    ObjectNode applied = stored.deepCopy();
    ((ObjectNode) applied.at("/spec/strategy"))
        .putObject("rollingUpdate")
        .put("maxUnavailable", "25%");

    JsonNode updated = update(stored, applied);

    assertThat(updated.at("/spec/strategy/type").asText()).isEqualTo("RollingUpdate");
    assertThat(updated.at("/spec/strategy/rollingUpdate/maxUnavailable").asText()).isEqualTo("25%");
    assertThat(updated.at("/spec/template")).isEqualTo(stored.at("/spec/template"));
  }

  @ParameterizedTest
  @ValueSource(strings = {LABELLED, OWNED})
  void the_next_change_of_the_template_takes_the_edits_back(String metadata) {
    JsonNode stored = stored(metadata);
    ObjectNode applied = stored.deepCopy();
    ((ObjectNode) applied.at(CONTAINER)).put("image", "db:2");

    assertThat(update(stored, applied).path("spec")).isEqualTo(written("db:2").path("spec"));
  }

  @Test
  void so_does_a_template_without_the_volume() {
    JsonNode stored = stored("{}");
    ObjectNode applied = stored.deepCopy();
    ((ObjectNode) applied.at("/spec/template/spec")).remove("volumes");

    ObjectNode expected = written("db:1");
    ((ObjectNode) expected.at("/spec/template/spec")).remove("volumes");
    assertThat(update(stored, applied).path("spec")).isEqualTo(expected.path("spec"));
  }

  /** Its template, with the trace, is a copy of the Deployment's. */
  @Test
  void a_replica_set_of_a_deployment_keeps_its_template() {
    ObjectNode stored =
        stored(
            "{ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: db, uid: a, controller: true}]}");
    stored.put("kind", "ReplicaSet");
    ObjectNode applied = stored.deepCopy();
    ((ObjectNode) applied.at(CONTAINER)).put("image", "db:2");

    assertThat(update(stored, applied)).isEqualTo(applied);
  }

  @Test
  void an_object_that_is_being_deleted_stays_as_it_is() {
    ObjectNode stored = stored("{deletionTimestamp: '2026-11-28T00:00:00Z'}");
    ObjectNode applied = stored.deepCopy();
    ((ObjectNode) applied.at(CONTAINER)).put("image", "db:2");

    assertThat(update(stored, applied)).isEqualTo(applied);
  }

  private static final String STATEFUL_SET =
      """
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop},
       spec: {replicas: 3, serviceName: db, selector: {matchLabels: {app: db}},
         template: {metadata: {labels: {app: db}}, spec: {
           containers: [{name: db, image: "db:1", ports: [{containerPort: 5432}], volumeMounts: [{name: data}]}]}},
         volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOncePod]}}]}}
      """;

  /** Neither edits what was there before the service, nor takes back: its Pods would restart. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 30})
  void a_stateful_set_that_is_scaled_keeps_its_template(int replicas) {
    ObjectNode neverEdited = Manifests.parse(STATEFUL_SET);
    ObjectNode leftAlone =
        JsonPatch.apply(create(STATEFUL_SET).patch(), neverEdited.deepCopy()).deepCopy();
    assertThat(leftAlone).isNotEqualTo(neverEdited);
    ((ObjectNode) leftAlone.path("metadata")).setAll(Manifests.parse(LABELLED));
    for (ObjectNode stored : List.of(neverEdited, leftAlone)) {
      ObjectNode scaled = stored.deepCopy();
      ((ObjectNode) scaled.path("spec")).put("replicas", replicas);

      assertThat(update(stored, scaled)).isEqualTo(scaled);
    }
  }

  /**
   * Returns the object as its author wrote it, except for an image and an empty object of
   * annotations.
   */
  private static ObjectNode written(String image) {
    ObjectNode written = Manifests.parse(DEPLOYMENT);
    ((ObjectNode) written.at(CONTAINER)).put("image", image);
    ((ObjectNode) written.at("/spec/template/metadata")).putObject("annotations");
    assertThat(written.toString()).doesNotContain(PodAnnotations.TRACE);
    return written;
  }
}
