package io.rwopguard.migration.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A copy of an object that is about to be deleted, kept on a volume as input for {@code kubectl
 * create}.
 *
 * @param of the version of the object that was copied
 * @param manifest the object without what the API server and controllers write
 * @param made the UID of the object that was created from the copy; empty if there is none
 */
public record ManifestCopy(ObjectVersion of, JsonNode manifest, Optional<String> made) {

  /** The annotation of the PersistentVolume with the copy of its claim. */
  public static final String OF_CLAIM = "rwop-guard.io/migration-claim";

  /** The annotation of the PersistentVolume with the copy of the StatefulSet. */
  public static final String OF_SET = "rwop-guard.io/migration-set";

  private static final String VERSION = "-version";
  private static final String MADE = "-made";

  /** The annotation with the UID of the StatefulSet that was created from the copy. */
  public static final String OF_SET_MADE = OF_SET + MADE;

  private static final JsonMapper JSON = new JsonMapper();

  /** Creates a copy of an existing object. */
  public ManifestCopy(ObjectVersion of, JsonNode manifest) {
    this(of, manifest, Optional.empty());
  }

  /** Returns this copy with the manifest that is to be created now. */
  public ManifestCopy with(JsonNode changed) {
    return new ManifestCopy(of, changed, made);
  }

  /** Adds the copy to the annotations of a volume. */
  public void putInto(ObjectNode annotations, String annotation) {
    annotations
        .put(annotation, manifest.toString())
        .put(annotation + VERSION, of.toString())
        .put(annotation + MADE, made.orElse(null));
  }

  /** Records what was created from the copy. If it is missing later, another client deleted it. */
  public static void note(ObjectNode annotations, String annotation, String uid) {
    annotations.put(annotation + MADE, uid);
  }

  /** Returns the annotations that contain copies. */
  public static List<String> annotations() {
    List<String> all = new ArrayList<>();
    for (String annotation : new String[] {OF_CLAIM, OF_SET}) {
      all.addAll(List.of(annotation, annotation + VERSION, annotation + MADE));
    }
    return all;
  }

  /** Removes all copies from the annotations of a volume. */
  public static void removeFrom(ObjectNode annotations) {
    annotations().forEach(annotations::putNull);
  }

  /** Reads a manifest, which has at least a spec. */
  private static JsonNode manifest(String text) throws JsonProcessingException {
    JsonNode manifest = JSON.readTree(text);
    if (!KubeObject.of(manifest).spec().isObject()) {
      throw new IllegalArgumentException("a manifest needs a spec");
    }
    return manifest;
  }

  /**
   * Reads the copy on a volume.
   *
   * @throws IllegalStateException if another program wrote the annotation
   */
  public static Optional<ManifestCopy> on(JsonNode volume, String annotation) {
    JsonNode annotations = KubeObject.of(volume).annotations();
    if (!annotations.has(annotation)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ManifestCopy(
              ObjectVersion.parse(annotations.path(annotation + VERSION).asText()),
              manifest(annotations.path(annotation).asText()),
              Optional.of(annotations.path(annotation + MADE).asText(""))
                  .filter(uid -> !uid.isEmpty())));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "rwop-guard did not write the annotation %s of volume %s. Remove the annotation if no other program needs it."
              .formatted(annotation, KubeObject.of(volume).name()),
          e);
    }
  }
}
