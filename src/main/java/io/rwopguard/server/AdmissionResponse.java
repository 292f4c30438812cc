package io.rwopguard.server;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rwopguard.model.Printable;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.Finding;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The answer to one request, like AdmissionResponse of k8s.io/api/admission/v1.
 *
 * @param code the HTTP status that the API server passes on; 200 for an allowed request
 * @param message the reason for a refusal
 * @param findings the findings of the rules, of every severity
 * @param warnings the warnings that kubectl prints
 * @param patch JSON Patch operations; none to leave the object unchanged
 */
record AdmissionResponse(
    String uid,
    int code,
    String message,
    List<Finding> findings,
    List<String> warnings,
    ArrayNode patch) {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final byte[] NOTHING = {};
  private static final int LONGEST_SHORTENED = 10_000;
  private static final ArrayNode NO_PATCH = JsonNodeFactory.instance.arrayNode();

  static AdmissionResponse allowed(String uid) {
    return new AdmissionResponse(uid, 200, "", List.of(), List.of(), NO_PATCH);
  }

  /**
   * Creates a response that refuses the request if any finding is a denial.
   *
   * @param hint the text below the reasons of a refusal
   */
  static AdmissionResponse of(String uid, List<Finding> findings, Optional<String> hint) {
    if (findings.isEmpty()) {
      return allowed(uid);
    }
    List<String> denials = of(findings, Severity.DENY).map(Finding::message).toList();
    String message =
        Stream.concat(denials.stream(), hint.filter(any -> !denials.isEmpty()).stream())
            .collect(Collectors.joining("\n"));
    List<String> warnings =
        of(findings, Severity.WARN).map(Finding::message).flatMap(Warnings::of).toList();
    return new AdmissionResponse(
        uid, message.isEmpty() ? 200 : 403, message, findings, warnings, NO_PATCH);
  }

  private static Stream<Finding> of(List<Finding> findings, Severity severity) {
    return findings.stream().filter(finding -> finding.severity() == severity);
  }

  static AdmissionResponse patched(String uid, ArrayNode patch, List<String> warnings) {
    return new AdmissionResponse(
        uid, 200, "", List.of(), warnings.stream().flatMap(Warnings::of).toList(), patch);
  }

  /** Creates a response for an error of the request (400) or of this program (500). */
  static AdmissionResponse failed(String uid, int code, String message) {
    return new AdmissionResponse(uid, code, message, List.of(), List.of(), NO_PATCH);
  }

  /** Returns the same decision with the beginning of its message, and no more of its findings. */
  AdmissionResponse shortened() {
    return new AdmissionResponse(
        uid, code, Printable.beginning(message, LONGEST_SHORTENED), List.of(), List.of(), patch);
  }

  boolean isAllowed() {
    return code == 200;
  }

  /** Returns the AdmissionReview that contains the response. */
  byte[] toReview() {
    // written before the other generator is created, because a thread has one buffer that it reuses
    try {
      byte[] operations = patch.isEmpty() ? NOTHING : MAPPER.writeValueAsBytes(patch);
      return review(operations);
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
  }

  private byte[] review(byte[] operations) throws IOException {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(256 + operations.length * 3 / 2);
        JsonGenerator json = MAPPER.createGenerator(bytes)) {
      write(json, operations);
      json.flush();
      return bytes.toByteArray();
    }
  }

  private void write(JsonGenerator json, byte[] operations) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", ReviewReader.KIND);
    json.writeStringField("apiVersion", ReviewReader.API_VERSION);
    json.writeObjectFieldStart("response");
    json.writeStringField("uid", uid);
    json.writeBooleanField("allowed", isAllowed());
    if (!isAllowed()) {
      writeStatus(json);
    }
    if (!warnings.isEmpty()) {
      json.writeArrayFieldStart("warnings");
      for (String warning : warnings) {
        json.writeString(warning);
      }
      json.writeEndArray();
    }
    if (!findings.isEmpty()) {
      // the API server prepends the webhook's name to the key
      json.writeObjectFieldStart("auditAnnotations");
      json.writeStringField("findings", audit());
      json.writeEndObject();
    }
    if (operations.length > 0) {
      json.writeStringField("patchType", "JSONPatch");
      json.writeBinaryField("patch", operations);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private String audit() {
    return findings.stream()
        .map(finding -> finding.severity().label() + " " + finding.message())
        .collect(Collectors.joining("\n"));
  }

  private void writeStatus(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("status");
    json.writeStringField("status", "Failure");
    json.writeStringField("message", message);
    json.writeStringField("reason", reason());
    json.writeNumberField("code", code);
    if (!findings.isEmpty()) {
      json.writeObjectFieldStart("details");
      json.writeArrayFieldStart("causes");
      for (Finding denial : of(findings, Severity.DENY).toList()) {
        json.writeStartObject();
        json.writeStringField("reason", denial.rule());
        json.writeStringField("field", denial.field().text());
        json.writeStringField("message", denial.detail() + "; " + denial.remedy());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private String reason() {
    return switch (code) {
      case 400 -> "BadRequest";
      case 403 -> "Forbidden";
      default -> "InternalError";
    };
  }
}
