package io.rwopguard.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectFacts;

/**
 * The name of an object of a cluster.
 *
 * @param namespace empty for an object outside namespaces
 * @param uid empty if it is not known
 */
public record AuditedObject(
    String apiVersion, String kind, String namespace, String name, String uid) {

  static AuditedObject of(ObjectFacts object, JsonNode json) {
    Kind kind = object.kind();
    return new AuditedObject(
        kind.group().isEmpty() ? "v1" : kind.group() + "/v1",
        kind.kindName(),
        object.namespace(),
        object.name(),
        KubeObject.of(json).uid());
  }

  /** Returns a name for messages: Deployment shop/db. */
  public String label() {
    return kind + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
  }
}
