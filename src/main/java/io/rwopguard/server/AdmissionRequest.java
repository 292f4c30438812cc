package io.rwopguard.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.ObjectReader;
import java.util.Optional;

/**
 * One request of the API server, like AdmissionRequest of k8s.io/api/admission/v1.
 *
 * @param kindName the object's kind as it was sent, for messages
 * @param kind the object's kind, if rwop-guard reads it
 * @param scaled the kind of the workload that a Scale belongs to, if rwop-guard reads it
 * @param subResource empty for a request about the object itself
 * @param user the name of the user, authenticated by the API server; empty if there is none
 * @param requester the user, and the field manager if the client names one, for messages
 * @param dryRun whether nothing will be stored, so that only a metric may record it
 * @param object the new object; a missing node on DELETE
 * @param oldObject the existing object; a missing node on CREATE
 */
record AdmissionRequest(
    String uid,
    String kindName,
    Optional<Kind> kind,
    Optional<Kind> scaled,
    String operation,
    String subResource,
    String namespace,
    String name,
    String user,
    String requester,
    boolean dryRun,
    JsonNode object,
    JsonNode oldObject) {

  static final String CREATE = "CREATE";
  static final String UPDATE = "UPDATE";

  /**
   * Returns whether the request would create, change or scale an object of a kind that rwop-guard
   * reads.
   */
  boolean concernsObject() {
    boolean isScale = kind.equals(Optional.of(Kind.SCALE));
    boolean whole = !isScale && subResource.isEmpty();
    boolean scale = isScale && subResource.equals("scale") && scaled.isPresent();
    return kind.isPresent()
        && (whole || scale)
        && (operation.equals(CREATE) || operation.equals(UPDATE));
  }

  /** Returns the facts of the new object. */
  ObjectFacts facts() {
    return facts(object);
  }

  /** Returns the facts of the existing object, on an update. */
  Optional<ObjectFacts> oldFacts() {
    return oldObject.isObject() ? Optional.of(facts(oldObject)) : Optional.empty();
  }

  private ObjectFacts facts(JsonNode json) {
    return kind.equals(Optional.of(Kind.SCALE))
        ? ObjectReader.readScale(new ObjectKey(scaled.orElseThrow(), namespace, name), json)
        : ObjectReader.read(kind.orElseThrow(), namespace, json);
  }
}
