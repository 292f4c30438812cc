package io.rwopguard.migration.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.rwopguard.kube.Preconditions;
import io.rwopguard.kube.Resources;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Writes the objects of a migration. Each change or deletion names the version that was read. The
 * API server refuses it with 409 or, for a JSON patch, 422 if the object has changed or was
 * replaced.
 */
public final class MigrationWrites {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String POLICY = "persistentVolumeReclaimPolicy";

  /** The annotation by which the volume controller recognizes a claimRef that it wrote itself. */
  public static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  private final KubernetesClient client;

  MigrationWrites(KubernetesClient client) {
    this.client = client;
  }

  /** Writes annotations of a volume, and removes those that are null. */
  public void annotate(String volume, ObjectVersion version, Consumer<ObjectNode> annotations) {
    ObjectNode patch = mergePatch(version);
    annotations.accept(patch.withObject("/metadata/annotations"));
    merge(volumeKey(volume), patch);
  }

  /** Keeps the storage whatever happens to the claim, and records the start of the migration. */
  public void retain(String volume, ObjectVersion version, MigrationRecord record) {
    ObjectNode patch = mergePatch(version);
    patch.withObject("/metadata/annotations").put(MigrationRecord.ANNOTATION, record.toJson());
    patch.withObject("/spec").put(POLICY, "Retain");
    merge(volumeKey(volume), patch);
  }

  /** Removes the record and sets the reclaim policy, if one is given, in one write. */
  public void finish(String volume, ObjectVersion version, Optional<String> policy) {
    ObjectNode patch = mergePatch(version);
    ObjectNode annotations = patch.withObject("/metadata/annotations");
    annotations.putNull(MigrationRecord.ANNOTATION).putNull(MigrationRun.ANNOTATION);
    ManifestCopy.removeFrom(annotations);
    policy.ifPresent(before -> patch.withObject("/spec").put(POLICY, before));
    merge(volumeKey(volume), patch);
  }

  /**
   * Writes access modes and claimRef at once, so that nothing else can bind in between.
   *
   * @param uid the UID of the claim that the volume is bound to; empty if Kubernetes fills it in
   */
  public void release(
      ObjectVersion version, JsonNode volume, ClaimKey claim, String uid, List<String> modes) {
    ArrayNode patch = Preconditions.patchOf(version.uid(), version.resourceVersion());
    ArrayNode written = JSON.createArrayNode();
    modes.forEach(written::add);
    patch.addObject().put("op", "replace").put("path", "/spec/accessModes").set("value", written);
    JsonNode before = KubeObject.of(volume).claimRef();
    if (!before.isObject()) {
      patch
          .addObject()
          .put("op", "add")
          .put("path", "/spec/claimRef")
          .putObject("value")
          .put("apiVersion", "v1")
          .put("kind", Kind.PERSISTENT_VOLUME_CLAIM.kindName())
          .put("namespace", claim.namespace())
          .put("name", claim.name());
    }
    if (uid.isEmpty() || !uid.equals(before.path("uid").asText())) {
      for (String field : List.of("uid", "resourceVersion")) {
        if (before.has(field)) {
          patch.addObject().put("op", "remove").put("path", "/spec/claimRef/" + field);
        }
      }
      if (!uid.isEmpty()) {
        patch.addObject().put("op", "add").put("path", "/spec/claimRef/uid").put("value", uid);
      }
    }
    if (uid.isEmpty() && KubeObject.of(volume).annotations().has(BOUND_BY_CONTROLLER)) {
      // with this annotation, the volume controller may remove the whole claimRef, not only the UID
      patch
          .addObject()
          .put("op", "remove")
          .put("path", "/metadata/annotations/" + BOUND_BY_CONTROLLER.replace("/", "~1"));
    }
    patch(volumeKey(KubeObject.of(volume).name()), patch);
  }

  /** Sets the replicas of a workload. */
  public void scale(ObjectKey workload, ObjectVersion version, int replicas) {
    ArrayNode patch = Preconditions.patchOf(version.uid(), version.resourceVersion());
    patch.addObject().put("op", "replace").put("path", "/spec/replicas").put("value", replicas);
    patch(workload, patch);
  }

  /** Sets the label of this run on an object, or removes it. */
  public void label(ObjectKey key, ObjectVersion version, Optional<String> run) {
    ObjectNode patch = mergePatch(version);
    patch.withObject("/metadata/labels").put(MigrationRun.LABEL, run.orElse(null));
    merge(key, patch);
  }

  /** Sets the managers of an object's fields. */
  public void managers(ObjectKey key, ObjectVersion version, ArrayNode managers) {
    ArrayNode patch = Preconditions.patchOf(version.uid(), version.resourceVersion());
    if (managers.isEmpty()) {
      // the API server takes an empty list for "unchanged"
      managers.addObject();
    }
    patch
        .addObject()
        .put("op", "replace")
        .put("path", "/metadata/managedFields")
        .set("value", managers);
    patch(key, patch);
  }

  private static ObjectNode mergePatch(ObjectVersion version) {
    ObjectNode patch = JSON.createObjectNode();
    patch
        .putObject("metadata")
        .put("uid", version.uid())
        .put("resourceVersion", version.resourceVersion());
    return patch;
  }

  private void merge(ObjectKey key, ObjectNode patch) {
    MigrationObjects.resource(client, key).patch(context(PatchType.JSON_MERGE), patch.toString());
  }

  private void patch(ObjectKey key, ArrayNode patch) {
    MigrationObjects.resource(client, key).patch(context(PatchType.JSON), patch.toString());
  }

  private static PatchContext context(PatchType type) {
    return new PatchContext.Builder()
        .withPatchType(type)
        .withFieldManager(FieldManagers.OWN)
        .build();
  }

  private static ObjectKey volumeKey(String name) {
    return new ObjectKey(Kind.PERSISTENT_VOLUME, "", name);
  }

  /** Creates an object and returns its UID. */
  public String create(Kind kind, JsonNode manifest) {
    return create(Resources.of(kind), manifest);
  }

  private String create(ResourceDefinitionContext type, JsonNode manifest) {
    String created =
        client.raw(pathOf(type, manifest) + "?fieldManager=" + FieldManagers.OWN, "POST", manifest);
    return Serialization.unmarshal(created, GenericKubernetesResource.class).getMetadata().getUid();
  }

  /** Creates a snapshot. */
  public void createSnapshot(JsonNode manifest) {
    create(Resources.VOLUME_SNAPSHOTS, manifest);
  }

  /**
   * Asks the API server whether and how it would create an object, in a dry run.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if it would not
   */
  public JsonNode tryToCreate(Kind kind, JsonNode manifest) {
    return Serialization.unmarshal(
        client.raw(pathOf(Resources.of(kind), manifest) + "?dryRun=All", "POST", manifest),
        JsonNode.class);
  }

  private static String pathOf(ResourceDefinitionContext type, JsonNode manifest) {
    String group = type.getGroup() == null ? "" : type.getGroup();
    return "%s/%s/namespaces/%s/%s"
        .formatted(
            group.isEmpty() ? "/api" : "/apis/" + group,
            type.getVersion(),
            KubeObject.of(manifest).namespace(),
            type.getPlural());
  }

  /** Deletes an object unless it has changed since it was read. */
  public void delete(ObjectKey key, ObjectVersion version, String propagation) {
    ObjectNode options = Preconditions.deletionOf(version.uid(), version.resourceVersion());
    options.put("propagationPolicy", propagation);
    ObjectNode at = JSON.createObjectNode();
    at.putObject("metadata").put("namespace", key.namespace());
    client.raw(
        pathOf(Resources.of(key.kind()), at) + "/" + key.name(), "DELETE", options.toString());
  }
}
