package io.rwopguard.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.KubeObject;

/**
 * Creates patches and delete options that name an object as it was read. The API server refuses
 * them for any other state.
 */
public final class Preconditions {

  private Preconditions() {}

  /** Returns the beginning of a JSON Patch that fails unless the object is as it was read. */
  public static ArrayNode patchOf(JsonNode object) {
    KubeObject read = KubeObject.of(object);
    return patchOf(read.uid(), read.resourceVersion());
  }

  /**
   * Returns the beginning of a JSON Patch that fails unless the object has this UID and version.
   */
  public static ArrayNode patchOf(String uid, String resourceVersion) {
    ArrayNode patch = JsonNodeFactory.instance.arrayNode();
    test(patch, "uid", uid);
    test(patch, "resourceVersion", resourceVersion);
    return patch;
  }

  private static void test(ArrayNode patch, String field, String value) {
    patch.addObject().put("op", "test").put("path", "/metadata/" + field).put("value", value);
  }

  /** Returns the beginning of a merge patch that fails unless the object is as it was read. */
  public static ObjectNode mergePatchOf(JsonNode object) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    JsonNode read = KubeObject.of(object).metadata();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.set("uid", read.path("uid"));
    metadata.set("resourceVersion", read.path("resourceVersion"));
    return patch;
  }

  /** Returns the DeleteOptions for the object with this UID, and for no other of its name. */
  public static ObjectNode deletionOf(String uid) {
    ObjectNode options = JsonNodeFactory.instance.objectNode();
    options.put("apiVersion", "v1").put("kind", "DeleteOptions");
    options.putObject("preconditions").put("uid", uid);
    return options;
  }

  /** Returns the DeleteOptions for an object that is still as it was read. */
  public static ObjectNode deletionOf(JsonNode object) {
    KubeObject read = KubeObject.of(object);
    return deletionOf(read.uid(), read.resourceVersion());
  }

  /** Returns the DeleteOptions for the object with this UID at this version. */
  public static ObjectNode deletionOf(String uid, String resourceVersion) {
    ObjectNode options = deletionOf(uid);
    options.withObject("/preconditions").put("resourceVersion", resourceVersion);
    return options;
  }
}
