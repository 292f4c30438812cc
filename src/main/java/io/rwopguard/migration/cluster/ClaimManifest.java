package io.rwopguard.migration.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Builds the manifests from which claims and StatefulSets are recreated. They contain what authors
 * and other clients wrote, and nothing that the API server and its controllers write.
 */
public final class ClaimManifest {

  private static final JsonMapper JSON = new JsonMapper();

  private static final String METADATA = "metadata";
  private static final String TEMPLATES = "volumeClaimTemplates";
  private static final String PROTECTION = "kubernetes.io/pvc-protection";

  private static final String SUFFIX = "-rwop-guard-trial";

  /** The longest part of a StatefulSet's name beside the suffix; labels of its Pods contain it. */
  private static final int LONGEST_NAME = 52 - SUFFIX.length();

  /** The finalizers that say how an object is being deleted. */
  private static final Set<String> OF_DELETION = Set.of("orphan", "foregroundDeletion");

  private static final String CLASS = "storageClassName";
  private static final String CLASS_IN_OLD_TIMES = "volume.beta.kubernetes.io/storage-class";

  /** The annotations that controllers write during binding, and misread on a new claim. */
  private static final Set<String> OF_BINDING =
      Set.of(
          "pv.kubernetes.io/bind-completed",
          MigrationWrites.BOUND_BY_CONTROLLER,
          "volume.beta.kubernetes.io/storage-provisioner",
          "volume.kubernetes.io/storage-provisioner",
          "volume.kubernetes.io/selected-node");

  /**
   * The fields of a claim that this program writes. The selector and the data source stay, although
   * they have no effect on a claim that names its volume. Otherwise a client that applies the claim
   * would change an immutable field.
   */
  private static final List<String> WRITTEN = List.of("accessModes", "volumeName");

  private ClaimManifest() {}

  /** Returns the manifest of an existing claim, bound to a volume. */
  public static ObjectNode of(JsonNode claim, JsonNode volume) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
    ObjectNode metadata = metadata(manifest, claim);
    // the StatefulSet controller adds its reference again, with the UID that the set has then
    owners(metadata, claim, Set.of(Kind.STATEFUL_SET.kindName(), Kind.POD.kindName()));
    finalizers(metadata, claim, each -> each.equals(PROTECTION) || isOfStorageOperation(each));
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(OF_BINDING);
    }
    ObjectNode spec = KubeObject.of(claim).spec().deepCopy();
    spec.remove(WRITTEN);
    spec.put("volumeName", KubeObject.of(volume).name());
    if (!spec.has(CLASS) && !metadata.path("annotations").has(CLASS_IN_OLD_TIMES)) {
      // the API server would set the default class, which would not match the volume
      spec.put(CLASS, KubeObject.of(volume).spec().path(CLASS).asText(""));
    }
    manifest.set("spec", spec);
    return manifest;
  }

  /** Returns the manifest of a deleted claim, derived from its volume. */
  public static ObjectNode of(ClaimKey claim, JsonNode volume) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
    manifest.putObject("metadata").put("name", claim.name()).put("namespace", claim.namespace());
    ObjectNode spec = manifest.putObject("spec");
    spec.put(CLASS, KubeObject.of(volume).spec().path(CLASS).asText(""));
    spec.put("volumeMode", KubeObject.of(volume).spec().path("volumeMode").asText("Filesystem"));
    spec.putObject("resources")
        .putObject("requests")
        .put("storage", KubeObject.of(volume).spec().path("capacity").path("storage").asText());
    spec.put("volumeName", KubeObject.of(volume).name());
    return manifest;
  }

  /** Returns the claim to recreate, from its copy or else from its volume. */
  public static ObjectNode recreated(int member, ObservedState look) {
    JsonNode volume = look.volumes().get(member);
    MigrationRecord record = look.members().get(member).record();
    return with(
        ManifestCopy.on(volume, ManifestCopy.OF_CLAIM)
            .map(ManifestCopy::manifest)
            .orElseGet(() -> of(record.claim(), volume)),
        record.to());
  }

  /** Returns a claim's manifest with the given access modes. */
  public static ObjectNode with(JsonNode manifest, List<String> modes) {
    ObjectNode made = manifest.deepCopy();
    ArrayNode written = ((ObjectNode) KubeObject.of(made).spec()).putArray("accessModes");
    modes.forEach(written::add);
    return made;
  }

  /** Returns the manifest of a StatefulSet. */
  public static ObjectNode ofSet(JsonNode set) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", "apps/v1").put("kind", "StatefulSet");
    ObjectNode metadata = metadata(manifest, set);
    owners(metadata, set, Set.of());
    finalizers(metadata, set, OF_DELETION::contains);
    manifest.set("spec", KubeObject.of(set).spec().deepCopy());
    for (JsonNode template : KubeObject.of(manifest).spec().path(TEMPLATES)) {
      ((ObjectNode) template).remove("status");
    }
    return manifest;
  }

  /** Returns a StatefulSet's manifest with these replicas and access modes of a claim template. */
  public static ObjectNode ofSet(
      JsonNode manifest, String template, List<String> modes, int replicas) {
    ObjectNode made = manifest.deepCopy();
    ((ObjectNode) KubeObject.of(made).spec()).put("replicas", replicas);
    for (JsonNode each : KubeObject.of(made).spec().path(TEMPLATES)) {
      if (KubeObject.of(each).name().equals(template)) {
        ArrayNode written = ((ObjectNode) KubeObject.of(each).spec()).putArray("accessModes");
        modes.forEach(written::add);
      }
    }
    return made;
  }

  /** Returns the manifest under an unused name, to test whether the API server would accept it. */
  public static ObjectNode underAnotherName(JsonNode manifest) {
    ObjectNode other = manifest.deepCopy();
    String name = KubeObject.of(other).name();
    String shortened =
        name.substring(0, Math.min(name.length(), LONGEST_NAME)).replaceAll("[-.]+$", "");
    ObjectNode metadata = (ObjectNode) KubeObject.of(other).metadata();
    metadata.put("name", shortened + SUFFIX);
    metadata.remove("managedFields");
    return other;
  }

  private static ObjectNode metadata(ObjectNode manifest, JsonNode object) {
    JsonNode from = KubeObject.of(object).metadata();
    ObjectNode metadata = manifest.putObject(METADATA);
    metadata.put("name", from.path("name").asText());
    metadata.put("namespace", from.path("namespace").asText());
    for (String field : List.of("labels", "annotations")) {
      if (from.path(field).isObject()) {
        ObjectNode copied = from.path(field).deepCopy();
        copied.remove(MigrationRun.LABEL);
        metadata.set(field, copied);
      }
    }
    ArrayNode managers = FieldManagers.worthKeeping(object);
    if (!managers.isEmpty()) {
      metadata.set("managedFields", managers);
    }
    return metadata;
  }

  private static void owners(ObjectNode metadata, JsonNode object, Set<String> leftOut) {
    for (JsonNode owner : KubeObject.of(object).ownerReferences()) {
      if (!leftOut.contains(owner.path("kind").asText())) {
        metadata.withArray("ownerReferences").add(owner.deepCopy());
      }
    }
  }

  /** Returns the finalizers of a StatefulSet that its deletion does not set. */
  public static List<String> foreignFinalizers(JsonNode set) {
    return KubeObject.of(set).finalizers().stream()
        .filter(each -> !OF_DELETION.contains(each))
        .toList();
  }

  /** Returns the access modes of a claim, or of a set's template, if admission changed them. */
  public static Optional<String> changedModes(JsonNode asked, JsonNode made) {
    JsonNode before = KubeObject.of(asked).spec();
    JsonNode after = KubeObject.of(made).spec();
    if (!before.path("accessModes").equals(after.path("accessModes"))) {
      return Optional.of(after.path("accessModes").toString());
    }
    for (int i = 0; i < before.path(TEMPLATES).size(); i++) {
      Optional<String> changed =
          changedModes(before.path(TEMPLATES).path(i), after.path(TEMPLATES).path(i));
      if (changed.isPresent()) {
        return changed;
      }
    }
    return Optional.empty();
  }

  /**
   * Returns whether a storage controller set a finalizer for an operation that is in progress, such
   * as a snapshot or a clone. A recreated claim takes no part in that operation.
   */
  public static boolean isOfStorageOperation(String finalizer) {
    return finalizer.startsWith("snapshot.storage.kubernetes.io/")
        || finalizer.startsWith("groupsnapshot.storage.kubernetes.io/")
        || finalizer.startsWith("provisioner.storage.kubernetes.io/");
  }

  private static void finalizers(ObjectNode metadata, JsonNode object, Predicate<String> leftOut) {
    for (JsonNode finalizer : KubeObject.of(object).metadata().path("finalizers")) {
      if (!leftOut.test(finalizer.asText())) {
        metadata.withArray("finalizers").add(finalizer.asText());
      }
    }
  }
}
