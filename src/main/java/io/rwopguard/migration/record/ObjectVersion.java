package io.rwopguard.migration.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;

/**
 * An object in the version that was read. The API server refuses a write that names it if the
 * object has changed since, or was replaced.
 *
 * @param uid the UID of the object
 * @param resourceVersion the resource version of the read
 */
public record ObjectVersion(String uid, String resourceVersion) {

  public ObjectVersion {
    if (uid.isEmpty() || resourceVersion.isEmpty()) {
      throw new IllegalArgumentException("an ObjectVersion needs a UID and a resourceVersion");
    }
  }

  /** Returns the version of an object. */
  public static ObjectVersion of(JsonNode object) {
    KubeObject read = KubeObject.of(object);
    return new ObjectVersion(read.uid(), read.resourceVersion());
  }

  /** Parses what {@link #toString} returns. */
  static ObjectVersion parse(String text) {
    int slash = text.indexOf('/');
    return new ObjectVersion(text.substring(0, Math.max(0, slash)), text.substring(slash + 1));
  }

  @Override
  public String toString() {
    return uid + "/" + resourceVersion;
  }
}
