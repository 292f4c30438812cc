package io.rwopguard.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Json;
import io.rwopguard.model.Kind;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.Printable;
import java.util.Optional;

/** Reads a request from its body; the objects in it stay raw JSON trees. */
final class ReviewReader {

  static final String API_VERSION = "admission.k8s.io/v1";
  static final String KIND = "AdmissionReview";

  /** An API server's has 36 characters. */
  static final int LONGEST_UID = 256;

  private static final int LONGEST_FOUND = 100;

  private ReviewReader() {}

  /**
   * Reads a request.
   *
   * @throws BadReviewException if it is invalid, with its uid if it has one
   */
  static AdmissionRequest read(byte[] body) {
    JsonNode review = AdmissionReviewDecoder.of(body);
    JsonNode request = review.path("request");
    String uid = request.path("uid").asText("");
    if (uid.isEmpty() || !request.path("uid").isTextual()) {
      throw new BadReviewException("", noUid(review));
    }
    if (uid.length() > LONGEST_UID) {
      // it would be part of the answer
      throw new BadReviewException(
          "", "request.uid: must have at most %d characters".formatted(LONGEST_UID));
    }
    try {
      return read(uid, review, request);
    } catch (MalformedObjectException e) {
      throw new BadReviewException(uid, e.getMessage());
    }
  }

  private static AdmissionRequest read(String uid, JsonNode review, JsonNode request) {
    FieldPath path = FieldPath.ROOT.field("request");
    require(review, "kind", KIND);
    require(review, "apiVersion", API_VERSION);
    String operation = text(request, "operation");
    if (operation.isEmpty()) {
      throw new MalformedObjectException(
          path.field("operation"), "CREATE, UPDATE, DELETE or CONNECT", "nothing");
    }
    JsonNode kind = Json.object(request, path, "kind");
    FieldPath kindPath = path.field("kind");
    String kindName = Json.text(kind, kindPath, "kind").orElse("");
    if (kindName.isEmpty()) {
      throw new MalformedObjectException(
          kindPath, "an object with group, version and kind", Json.kindOf(request.path("kind")));
    }
    String group = Json.text(kind, kindPath, "group").orElse("");
    Optional<Kind> known = Kind.of(group, kindName);
    JsonNode object = Json.object(request, path, "object");
    boolean needsObject =
        operation.equals(AdmissionRequest.CREATE) || operation.equals(AdmissionRequest.UPDATE);
    if (known.isPresent() && needsObject && !object.isObject()) {
      throw new MalformedObjectException(path.field("object"), "an object", "nothing");
    }
    return new AdmissionRequest(
        uid,
        kindName,
        known,
        scaled(request, path),
        operation,
        text(request, "subResource"),
        text(request, "namespace"),
        text(request, "name"),
        request.path("userInfo").path("username").asText(""),
        requester(request),
        request.path("dryRun").asBoolean(),
        object,
        operation.equals(AdmissionRequest.UPDATE)
            ? Json.object(request, path, "oldObject")
            : MissingNode.getInstance());
  }

  private static Optional<Kind> scaled(JsonNode request, FieldPath path) {
    JsonNode resource = Json.object(request, path, "resource");
    FieldPath resourcePath = path.field("resource");
    String group = Json.text(resource, resourcePath, "group").orElse("");
    return Json.text(resource, resourcePath, "resource")
        .flatMap(plural -> Kind.ofResource(group, plural));
  }

  private static String requester(JsonNode request) {
    String user = request.path("userInfo").path("username").asText("an unknown user");
    String manager = request.path("options").path("fieldManager").asText();
    return manager.isEmpty() ? user : user + " (field manager " + manager + ")";
  }

  private static String text(JsonNode request, String field) {
    return Json.text(request, FieldPath.ROOT.field("request"), field).orElse("");
  }

  private static void require(JsonNode review, String field, String value) {
    String found = review.path(field).asText("nothing");
    if (!found.equals(value)) {
      throw new MalformedObjectException(
          FieldPath.ROOT.field(field), value, Printable.beginning(found, LONGEST_FOUND));
    }
  }

  private static String noUid(JsonNode review) {
    if (!review.path("kind").asText().equals(KIND) || !review.path("request").isObject()) {
      return "the body is JSON, but not an %s of %s with a request".formatted(KIND, API_VERSION);
    }
    return "request.uid: must be a string, found "
        + Json.kindOf(review.path("request").path("uid"));
  }
}
