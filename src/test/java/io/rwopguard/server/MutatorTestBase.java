package io.rwopguard.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;

/** A mutator with its own clock, and requests as an API server sends them. */
abstract class MutatorTestBase {

  static final int LIMIT = 3;

  static final String STATEFUL_SET =
      """
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop},
       spec: {template: {metadata: {labels: {app: db}}, spec: {terminationGracePeriodSeconds: 30,
         containers: [{name: db, image: "db:1", ports: [{containerPort: 5432}], volumeMounts: [{name: data}]}],
         volumes: [{name: data, persistentVolumeClaim: {claimName: exclusive}}]}}}}
      """;

  static final String POD =
      """
      {apiVersion: v1, kind: Pod, metadata: {%s, namespace: shop}, spec: {containers: [
         {name: db, ports: [{containerPort: 5432}], volumeMounts: [{name: data}]}],
       volumes: [{name: data, %s}]}}
      """;
  static final String CONTAINER = "/spec/template/spec/containers/0";
  static final String CLAIM = "persistentVolumeClaim: {claimName: exclusive}";
  static final String OWN_CLAIM =
      "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOncePod]}}}";
  static final String OF_REPLICA_SET =
      "generateName: db-, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: db-5d4f, controller: true}]";

  final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  long nanos;
  final FixtureInventory inventory = new FixtureInventory();
  Mutator mutator = mutator(LIMIT);

  Mutator mutator(int limit) {
    RwopGuardConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(RwopGuardConfig.class)
            .build()
            .getConfigMapping(RwopGuardConfig.class);
    return new Mutator(inventory, config, new RepeatedEdits(limit, metrics, () -> nanos));
  }

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  AdmissionResponse answer(ObjectNode review) {
    pass(Duration.ofSeconds(1));
    return answerAtOnce(review);
  }

  AdmissionResponse answerAtOnce(ObjectNode review) {
    AdmissionRequest request = ReviewReader.read(review.toString().getBytes(UTF_8));
    return mutator.decide(request).toCompletableFuture().join();
  }

  AdmissionResponse create(String yaml) {
    return answer(Reviews.create(yaml));
  }

  /** Creates a Pod that is then there. */
  AdmissionResponse createPod(String metadata, String volume) {
    AdmissionResponse response = tryToCreatePod(metadata, volume);
    inventory.podComes();
    return response;
  }

  /** Asks for a Pod that something else refuses after the edits. */
  AdmissionResponse tryToCreatePod(String metadata, String volume) {
    return create(POD.formatted(metadata, volume));
  }

  /** The object as it is stored once it was edited, with a default of the API server. */
  JsonNode edited() {
    JsonNode edited = JsonPatch.apply(create(STATEFUL_SET).patch(), Manifests.parse(STATEFUL_SET));
    ((ObjectNode) edited.at(CONTAINER + "/livenessProbe")).put("successThreshold", 1);
    return edited;
  }

  /** Returns whether an answer edits the object. If it does not, it has to say why. */
  static boolean edits(AdmissionResponse response) {
    boolean stopped =
        String.join(" ", response.warnings()).contains("rwop-guard sets nothing here");
    assertThat(response.patch().isEmpty()).isEqualTo(stopped);
    return !stopped;
  }

  /** Returns the object that another program wants: with the grace period that it had. */
  static ObjectNode undone(JsonNode stored) {
    ObjectNode wanted = stored.deepCopy();
    ((ObjectNode) wanted.at("/spec/template/spec")).put("terminationGracePeriodSeconds", 30);
    return wanted;
  }

  /** Returns the object that is stored after that program's update. */
  JsonNode undo(JsonNode stored) {
    return update(stored, undone(stored));
  }

  JsonNode update(JsonNode stored, JsonNode wanted) {
    AdmissionResponse response = answer(Reviews.update(stored.toString(), wanted.toString()));
    return JsonPatch.apply(response.patch(), wanted);
  }

  double reports() {
    return metrics.get("rwop_guard_edits_undone").counter().count();
  }

  double stops() {
    return metrics.get("rwop_guard_edits_stopped").counter().count();
  }
}
