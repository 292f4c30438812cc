package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.model.KubeObject;

/** Marks the objects that providers create, and recognizes them again. */
final class FenceObject {

  private static final String NODE = "rwop-guard.io/node";
  private static final String BOOT_ID = "rwop-guard.io/boot-id";
  private static final String RENEW_TIME = "rwop-guard.io/renew-time";

  private FenceObject() {}

  /** Returns a new object without a spec, marked with the target that it is created for. */
  static ObjectNode create(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String provider,
      FenceTarget target) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("apiVersion", type.getGroup() + "/" + type.getVersion()).put("kind", type.getKind());
    ObjectNode metadata = json.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    OwnLabels.put(metadata, valueOf(provider));
    metadata
        .putObject("annotations")
        .put(NODE, target.node())
        .put(BOOT_ID, target.bootId())
        .put(RENEW_TIME, target.renewTime());
    return json;
  }

  /** Returns whether this provider created the object for this node. */
  static boolean isOurs(JsonNode object, String provider, String node) {
    return OwnLabels.has(object, valueOf(provider)) && annotation(object, NODE).equals(node);
  }

  /** Returns the value of the label {@link OwnLabels#RECORD} on the objects of this provider. */
  static String valueOf(String provider) {
    return "fence-" + provider;
  }

  static String bootId(JsonNode object) {
    return annotation(object, BOOT_ID);
  }

  static String renewTime(JsonNode object) {
    return annotation(object, RENEW_TIME);
  }

  static boolean isBeingDeleted(JsonNode object) {
    return KubeObject.of(object).metadata().path("deletionTimestamp").isTextual();
  }

  private static String annotation(JsonNode object, String name) {
    return KubeObject.of(object).annotations().path(name).asText();
  }
}
