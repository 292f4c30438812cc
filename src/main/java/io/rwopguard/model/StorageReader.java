package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the specs of volumes and claims. */
final class StorageReader {

  /**
   * The fields of a PersistentVolume's spec that name its storage, from k8s.io/api/core/v1
   * PersistentVolumeSource (1.37).
   */
  private static final Set<String> VOLUME_SOURCES =
      Set.of(
          "awsElasticBlockStore",
          "azureDisk",
          "azureFile",
          "cephfs",
          "cinder",
          "csi",
          "fc",
          "flexVolume",
          "flocker",
          "gcePersistentDisk",
          "glusterfs",
          "hostPath",
          "iscsi",
          "local",
          "nfs",
          "photonPersistentDisk",
          "portworxVolume",
          "quobyte",
          "rbd",
          "scaleIO",
          "storageos",
          "vsphereVolume");

  /**
   * The annotation that overrides the field of a claim (k8s.io/component-helpers
   * GetPersistentVolumeClaimClass).
   */
  private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

  private StorageReader() {}

  static ClaimSpec claim(JsonNode spec, FieldPath specPath, Map<String, String> annotations) {
    ClaimSpec written = claim(spec, specPath);
    String named = annotations.get(CLASS_ANNOTATION);
    return named == null
        ? written
        : new ClaimSpec(specPath, written.accessModes(), Optional.of(named), written.volumeName());
  }

  static ClaimSpec claim(JsonNode spec, FieldPath specPath) {
    return new ClaimSpec(
        specPath,
        accessModes(spec, specPath),
        Json.text(spec, specPath, "storageClassName"),
        Json.text(spec, specPath, "volumeName").orElse(""));
  }

  static VolumeSpec volume(JsonNode spec, FieldPath specPath, Map<String, String> annotations) {
    JsonNode csi = Json.object(spec, specPath, "csi");
    JsonNode claimRef = Json.object(spec, specPath, "claimRef");
    FieldPath claimRefPath = specPath.field("claimRef");
    String namespace = Json.text(claimRef, claimRefPath, "namespace").orElse("");
    Optional<String> source = source(spec);
    return new VolumeSpec(
        accessModes(spec, specPath),
        source,
        Json.text(csi, specPath.field("csi"), "driver")
            .or(
                () ->
                    source
                        .flatMap(InTreeSource::ofField)
                        .filter(inTree -> inTree.isServed(annotations::get))
                        .map(InTreeSource::driver)),
        Json.text(claimRef, claimRefPath, "name").map(name -> new ClaimKey(namespace, name)),
        NodePinning.isOnOneNode(spec));
  }

  private static Optional<String> source(JsonNode spec) {
    for (Iterator<String> names = spec.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (VOLUME_SOURCES.contains(name) && !Json.isUnset(spec.path(name))) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  private static AccessModes accessModes(JsonNode spec, FieldPath specPath) {
    return new AccessModes(
        specPath.field("accessModes"), Json.texts(spec, specPath, "accessModes"));
  }
}
