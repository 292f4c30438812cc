package io.rwopguard.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A copy of an object that is about to be deleted, kept on a volume: what {@code kubectl create}
 * takes.
 *
 * @param of the version that it was made of
 * @param manifest without what the API server and controllers write
 * @param made the UID of what has been created of it; empty if nothing has
 */
record Copy(ObjectVersion of, JsonNode manifest, Optional<String> made) {

  /** On the PersistentVolume, of its claim. */
  static final String OF_CLAIM = "rwop-guard.io/migration-claim";

  /** On the PersistentVolume, of the StatefulSet. */
  static final String OF_SET = "rwop-guard.io/migration-set";

  private static final String VERSION = "-version";
  private static final String MADE = "-made";

  /** The UID of the StatefulSet that was created of the copy. */
  static final String OF_SET_MADE = OF_SET + MADE;

  private static final JsonMapper JSON = new JsonMapper();

  /** Of an object that is there. */
  Copy(ObjectVersion of, JsonNode manifest) {
    this(of, manifest, Optional.empty());
  }

  /** The same, as it is to be created now. */
  Copy with(JsonNode changed) {
    return new Copy(of, changed, made);
  }

  /** Adds it to the annotations that a volume gets. */
  void putInto(ObjectNode annotations, String annotation) {
    annotations
        .put(annotation, manifest.toString())
        .put(annotation + VERSION, of.toString())
        .put(annotation + MADE, made.orElse(null));
  }

  /** Notes what was created of the copy: gone later, it was deleted by somebody else. */
  static void note(ObjectNode annotations, String annotation, String uid) {
    annotations.put(annotation + MADE, uid);
  }

  /** The annotations of copies. */
  static List<String> annotations() {
    List<String> all = new ArrayList<>();
    for (String annotation : new String[] {OF_CLAIM, OF_SET}) {
      all.addAll(List.of(annotation, annotation + VERSION, annotation + MADE));
    }
    return all;
  }

  /** Takes all that a move has written from the annotations that a volume gets. */
  static void removeFrom(ObjectNode annotations) {
    annotations().forEach(annotations::putNull);
  }

  /**
   * Reads the copy that a volume has.
   *
   * @throws IllegalStateException if somebody else wrote something there
   */
  static Optional<Copy> on(JsonNode volume, String annotation) {
    JsonNode annotations = volume.path("metadata").path("annotations");
    if (!annotations.has(annotation)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Copy(
              ObjectVersion.parse(annotations.path(annotation + VERSION).asText()),
              JSON.readTree(annotations.path(annotation).asText()),
              Optional.of(annotations.path(annotation + MADE).asText(""))
                  .filter(uid -> !uid.isEmpty())));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "the annotation %s of volume %s is none that this program wrote"
              .formatted(annotation, volume.path("metadata").path("name").asText()),
          e);
    }
  }
}
