package io.rwopguard.cli.lint;

import io.rwopguard.manifests.Unreadable;
import io.rwopguard.rules.Severity;
import java.util.List;

/**
 * What came of looking at manifests.
 *
 * @param objects how many were read, of whatever kind
 * @param judged those of kinds that rules are about
 */
public record LintResult(
    List<LintFinding> findings, List<Unreadable> unreadable, int files, int objects, int judged) {

  public LintResult {
    findings = List.copyOf(findings);
    unreadable = List.copyOf(unreadable);
  }

  long count(Severity severity) {
    return findings.stream().filter(each -> each.finding().severity() == severity).count();
  }

  /** Whether something was found that is at least so serious. */
  boolean hasAtLeast(Severity severity) {
    return findings.stream().anyMatch(each -> each.finding().severity().compareTo(severity) <= 0);
  }
}
