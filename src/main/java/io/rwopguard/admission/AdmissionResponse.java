package io.rwopguard.admission;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.Severity;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The answer to one request, as k8s.io/api/admission/v1 AdmissionResponse has it.
 *
 * @param code the HTTP status that the API server passes on; 200 for a request that is allowed
 * @param message why it is refused
 * @param findings what the rules found, of every severity
 * @param warnings what kubectl prints
 * @param patch JSON Patch operations; none to leave the object as it is
 */
record AdmissionResponse(
    String uid,
    int code,
    String message,
    List<Finding> findings,
    List<String> warnings,
    ArrayNode patch) {

  private static final ArrayNode NO_PATCH = JsonNodeFactory.instance.arrayNode();

  static AdmissionResponse allowed(String uid) {
    return new AdmissionResponse(uid, 200, "", List.of(), List.of(), NO_PATCH);
  }

  /** Refused if any finding is a denial. */
  static AdmissionResponse of(String uid, List<Finding> findings) {
    String message =
        of(findings, Severity.DENY).map(Finding::message).collect(Collectors.joining("\n"));
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

  /** The request is at fault (400), or this program (500). */
  static AdmissionResponse failed(String uid, int code, String message) {
    return new AdmissionResponse(uid, code, message, List.of(), List.of(), NO_PATCH);
  }

  boolean isAllowed() {
    return code == 200;
  }

  /** The AdmissionReview that carries it. */
  ObjectNode toReview() {
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    review.put("kind", ReviewReader.KIND).put("apiVersion", ReviewReader.API_VERSION);
    ObjectNode response = review.putObject("response");
    response.put("uid", uid).put("allowed", isAllowed());
    if (!isAllowed()) {
      putStatus(response.putObject("status"));
    }
    if (!warnings.isEmpty()) {
      warnings.forEach(response.putArray("warnings")::add);
    }
    if (!findings.isEmpty()) {
      // the API server puts the webhook's name before the key
      response.putObject("auditAnnotations").put("findings", audit());
    }
    if (!patch.isEmpty()) {
      byte[] operations = patch.toString().getBytes(StandardCharsets.UTF_8);
      response.put("patchType", "JSONPatch");
      response.put("patch", Base64.getEncoder().encodeToString(operations));
    }
    return review;
  }

  private String audit() {
    return findings.stream()
        .map(finding -> finding.severity().label() + " " + finding.message())
        .collect(Collectors.joining("\n"));
  }

  private void putStatus(ObjectNode status) {
    status.put("status", "Failure").put("message", message);
    status.put("reason", reason()).put("code", code);
    if (findings.isEmpty()) {
      return;
    }
    ArrayNode causes = status.putObject("details").putArray("causes");
    for (Finding denial : of(findings, Severity.DENY).toList()) {
      causes
          .addObject()
          .put("reason", denial.rule())
          .put("field", denial.field().text())
          .put("message", denial.detail() + "; " + denial.remedy());
    }
  }

  private String reason() {
    return switch (code) {
      case 400 -> "BadRequest";
      case 403 -> "Forbidden";
      default -> "InternalError";
    };
  }
}
