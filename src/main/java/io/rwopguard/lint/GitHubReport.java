package io.rwopguard.lint;

import io.rwopguard.manifests.Unreadable;
import io.rwopguard.model.Severity;

/**
 * Writes annotations of a pull request as workflow commands, which GitHub reads from the log of a
 * job. Everything in them is escaped, because a manifest must not contain commands.
 */
final class GitHubReport {

  private GitHubReport() {}

  static String of(LintResult result) {
    StringBuilder text = new StringBuilder();
    for (Unreadable each : result.unreadable()) {
      ReportedPlace at = new ReportedPlace(each.source(), each.place());
      annotate(text, "error", at, GitLabReport.UNREADABLE, each.problem());
    }
    for (LintFinding each : result.findings()) {
      ReportedPlace at = ReportedPlace.of(each, result.rendered());
      annotate(
          text,
          level(each.finding().severity()),
          at,
          each.finding().rule(),
          "%s: %s".formatted(each.object(), each.finding().message()));
    }
    return text.append(TextReport.summary(result)).append('\n').toString();
  }

  private static void annotate(
      StringBuilder text, String level, ReportedPlace at, String title, String message) {
    text.append(
        "::%s file=%s,line=%d,col=%d,title=%s::%s%n"
            .formatted(
                level,
                property(at.path()),
                at.place().line(),
                at.place().column(),
                property(title),
                escaped(message)));
  }

  private static String level(Severity severity) {
    return switch (severity) {
      case DENY -> "error";
      case WARN -> "warning";
      case AUDIT -> "notice";
    };
  }

  private static String property(String text) {
    return escaped(text).replace(":", "%3A").replace(",", "%2C");
  }

  private static String escaped(String text) {
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
  }
}
