package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.function.Consumer;

/** A Deployment that was mutated, for tests of what an update of it takes back. */
abstract class EarlierEditsTestBase {

  static final String TEMPLATE = "/spec/template";
  static final String CONTAINER = TEMPLATE + "/spec/containers/0";
  static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);
  static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: db}
      spec:
        replicas: 1
        strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
        template:
          metadata: {labels: {app: db}}
          spec:
            terminationGracePeriodSeconds: 30
            containers:
              - name: db
                image: db:1
                ports: [{containerPort: 5432}]
                volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: exclusive}}]
      """;

  static JsonNode stored() {
    ObjectNode object = Manifests.parse(DEPLOYMENT);
    return MUTATIONS.apply(Manifests.facts(object), object, new FixtureInventory()).edited();
  }

  /** The stored object, changed by its author and mutated again. */
  static JsonNode changed(Consumer<ObjectNode> change) {
    return changed(stored(), change).edited();
  }

  /** This object, changed by its author and mutated again. */
  static PatchBuilder changed(JsonNode stored, Consumer<ObjectNode> change) {
    ObjectNode object = stored.deepCopy();
    change.accept(object);
    ObjectFacts before = Manifests.facts(stored.deepCopy());
    PatchBuilder draft =
        MUTATIONS.applyToChange(
            Manifests.facts(object), object, before, stored, new FixtureInventory());
    assertThat(JsonPatch.apply(draft.patch(), object)).isEqualTo(draft.edited());
    return draft;
  }

  static void moveTo(String claim, ObjectNode object) {
    ((ObjectNode) object.at(TEMPLATE + "/spec/volumes/0/persistentVolumeClaim"))
        .put("claimName", claim);
  }

  static ObjectNode container(ObjectNode object) {
    return (ObjectNode) object.at(CONTAINER);
  }

  static ObjectNode annotations(ObjectNode object) {
    return (ObjectNode) object.at(TEMPLATE + "/metadata/annotations");
  }
}
