package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.ClaimKey;
import java.util.List;
import java.util.Set;

/** Claims and StatefulSets as they are to be made anew: what their author wrote, and no more. */
final class ClaimManifest {

  private static final JsonMapper JSON = new JsonMapper();

  private static final String CLASS = "storageClassName";
  private static final String CLASS_IN_OLD_TIMES = "volume.beta.kubernetes.io/storage-class";

  /** What controllers write of a binding, and read of a new claim as if it were one. */
  private static final Set<String> OF_BINDING =
      Set.of(
          "pv.kubernetes.io/bind-completed",
          "pv.kubernetes.io/bound-by-controller",
          "volume.beta.kubernetes.io/storage-provisioner",
          "volume.kubernetes.io/storage-provisioner",
          "volume.kubernetes.io/selected-node");

  /** What a data source filled is on the volume already; a selector was to find it. */
  private static final List<String> OF_PROVISIONING =
      List.of("dataSource", "dataSourceRef", "selector", "accessModes", "volumeName");

  private ClaimManifest() {}

  /** Of a claim that is there, and its volume. */
  static ObjectNode of(JsonNode claim, JsonNode volume) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
    ObjectNode metadata = metadata(manifest, claim.path("metadata"));
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(OF_BINDING);
    }
    ObjectNode spec = claim.path("spec").deepCopy();
    spec.remove(OF_PROVISIONING);
    spec.put("volumeName", volume.path("metadata").path("name").asText());
    if (!spec.has(CLASS) && !metadata.path("annotations").has(CLASS_IN_OLD_TIMES)) {
      // it would be given the default class, and then it would not fit its volume
      spec.put(CLASS, volume.path("spec").path(CLASS).asText(""));
    }
    manifest.set("spec", spec);
    return manifest;
  }

  /** Of a claim that is gone, by what its volume tells. */
  static ObjectNode of(ClaimKey claim, JsonNode volume) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
    manifest.putObject("metadata").put("name", claim.name()).put("namespace", claim.namespace());
    ObjectNode spec = manifest.putObject("spec");
    spec.put(CLASS, volume.path("spec").path(CLASS).asText(""));
    spec.put("volumeMode", volume.path("spec").path("volumeMode").asText("Filesystem"));
    spec.putObject("resources")
        .putObject("requests")
        .put("storage", volume.path("spec").path("capacity").path("storage").asText());
    spec.put("volumeName", volume.path("metadata").path("name").asText());
    return manifest;
  }

  /** With the access modes that it is to have. */
  static ObjectNode with(JsonNode manifest, List<String> modes) {
    ObjectNode made = manifest.deepCopy();
    ArrayNode written = ((ObjectNode) made.path("spec")).putArray("accessModes");
    modes.forEach(written::add);
    return made;
  }

  /** Of a StatefulSet. */
  static ObjectNode ofSet(JsonNode set) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", "apps/v1").put("kind", "StatefulSet");
    metadata(manifest, set.path("metadata"));
    manifest.set("spec", set.path("spec").deepCopy());
    for (JsonNode template : manifest.path("spec").path("volumeClaimTemplates")) {
      ((ObjectNode) template).remove("status");
    }
    return manifest;
  }

  /** With the access modes of a claim template, and a number of Pods. */
  static ObjectNode ofSet(JsonNode manifest, String template, List<String> modes, int replicas) {
    ObjectNode made = manifest.deepCopy();
    ((ObjectNode) made.path("spec")).put("replicas", replicas);
    for (JsonNode each : made.path("spec").path("volumeClaimTemplates")) {
      if (each.path("metadata").path("name").asText().equals(template)) {
        ArrayNode written = ((ObjectNode) each.path("spec")).putArray("accessModes");
        modes.forEach(written::add);
      }
    }
    return made;
  }

  private static ObjectNode metadata(ObjectNode manifest, JsonNode from) {
    ObjectNode metadata = manifest.putObject("metadata");
    metadata.put("name", from.path("name").asText());
    metadata.put("namespace", from.path("namespace").asText());
    for (String field : List.of("labels", "annotations")) {
      if (from.path(field).isObject()) {
        metadata.set(field, from.path(field).deepCopy());
      }
    }
    return metadata;
  }
}
