package io.rwopguard.lint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.rwopguard.manifests.Place;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.model.Severity;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Writes a code quality report, which GitLab shows in a merge request. The fields are those of
 * GitLab's documentation, "Code Quality report format".
 */
final class GitLabReport {

  /** The check of a file, or a part of one, that could not be read. */
  static final String UNREADABLE = "unreadable";

  private static final JsonMapper JSON = new JsonMapper();

  private final ArrayNode issues = JSON.createArrayNode();
  private final Map<String, Integer> occurrences = new HashMap<>();

  private GitLabReport() {}

  static String of(LintResult result) {
    GitLabReport report = new GitLabReport();
    for (Unreadable each : result.unreadable()) {
      ReportedPlace at = new ReportedPlace(each.source(), each.place());
      report.add(
          UNREADABLE, "major", each.problem(), at.path(), at.place(), identity(UNREADABLE, at));
    }
    for (LintFinding each : result.findings()) {
      ReportedPlace at = ReportedPlace.of(each, result.rendered());
      report.add(
          each.finding().rule(),
          severity(each.finding().severity()),
          each.finding().message(),
          at.path(),
          at.place(),
          identity(
              each.finding().rule(),
              at,
              each.object(),
              each.finding().field().text(),
              each.finding().subject()));
    }
    return report.issues.toPrettyString() + "\n";
  }

  private void add(
      String check, String severity, String description, String path, Place place, String id) {
    // GitLab shows only one issue of a fingerprint
    int number = occurrences.merge(id, 1, Integer::sum);
    issues
        .addObject()
        .put("description", description)
        .put("check_name", check)
        .put("fingerprint", digest(id + number))
        .put("severity", severity)
        .putObject("location")
        .put("path", path)
        .putObject("lines")
        .put("begin", place.line());
  }

  private static String severity(Severity severity) {
    return switch (severity) {
      case DENY -> "critical";
      case WARN -> "minor";
      case AUDIT -> "info";
    };
  }

  /**
   * Returns what makes an issue the same as one of the target branch. A line is no part of it, nor
   * are the numbers in the message.
   */
  private static String identity(String check, ReportedPlace at, String... parts) {
    return check + "\n" + at.path() + "\n" + String.join("\n", parts) + "\n";
  }

  private static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
