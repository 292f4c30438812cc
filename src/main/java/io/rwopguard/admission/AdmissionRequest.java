package io.rwopguard.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import io.rwopguard.workload.ObjectReader;
import java.util.Optional;

/**
 * One request of the API server, as k8s.io/api/admission/v1 AdmissionRequest has it.
 *
 * @param kindName the object's kind as it was sent, for messages
 * @param kind the object's kind, if rwop-guard reads it
 * @param scaled the kind of the workload that a Scale belongs to, if rwop-guard reads it
 * @param subResource empty for a request about the object itself
 * @param requester the user, and the field manager where the client names one, for messages
 * @param dryRun whether nothing will be stored, so that nothing but a metric may tell of it
 * @param object the object as it shall be; a missing node on DELETE
 * @param oldObject the object as it is; a missing node on CREATE
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
    String requester,
    boolean dryRun,
    JsonNode object,
    JsonNode oldObject) {

  static final String CREATE = "CREATE";
  static final String UPDATE = "UPDATE";

  /**
   * Whether the request would create or change an object of a kind that rwop-guard reads, or scale
   * one.
   */
  boolean concernsObject() {
    boolean isScale = kind.equals(Optional.of(Kind.SCALE));
    boolean whole = !isScale && subResource.isEmpty();
    boolean scale = isScale && subResource.equals("scale") && scaled.isPresent();
    return kind.isPresent()
        && (whole || scale)
        && (operation.equals(CREATE) || operation.equals(UPDATE));
  }

  /** The facts of the object as it shall be. */
  ObjectFacts facts() {
    return facts(object);
  }

  /** The facts of the object as it is, on an update. */
  Optional<ObjectFacts> oldFacts() {
    return oldObject.isObject() ? Optional.of(facts(oldObject)) : Optional.empty();
  }

  private ObjectFacts facts(JsonNode json) {
    return kind.equals(Optional.of(Kind.SCALE))
        ? ObjectReader.readScale(new ObjectKey(scaled.orElseThrow(), namespace, name), json)
        : ObjectReader.read(kind.orElseThrow(), namespace, json);
  }
}
