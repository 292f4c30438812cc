package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One object as it was looked at. A write that names it is refused by the API server if the object
 * has changed since, or if another one has its name by now.
 *
 * @param uid of the object
 * @param resourceVersion of the read
 */
record ObjectVersion(String uid, String resourceVersion) {

  ObjectVersion {
    if (uid.isEmpty() || resourceVersion.isEmpty()) {
      throw new IllegalArgumentException("a write would name no version");
    }
  }

  static ObjectVersion of(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return new ObjectVersion(
        metadata.path("uid").asText(), metadata.path("resourceVersion").asText());
  }

  /** Reads what {@link #toString} writes. */
  static ObjectVersion parse(String text) {
    int slash = text.indexOf('/');
    return new ObjectVersion(text.substring(0, Math.max(0, slash)), text.substring(slash + 1));
  }

  @Override
  public String toString() {
    return uid + "/" + resourceVersion;
  }
}
