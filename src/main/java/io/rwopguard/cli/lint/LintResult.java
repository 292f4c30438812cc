package io.rwopguard.cli.lint;

import io.rwopguard.manifests.Unreadable;
import io.rwopguard.rules.Severity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What came of looking at manifests.
 *
 * @param objects how many were read, of whatever kind
 * @param judged those of kinds that rules are about
 * @param skipped what is right and was left out all the same, and why
 * @param alternatives objects of which there are several versions
 * @param rendered for each source that a program rendered, the file that says how
 */
public record LintResult(
    List<LintFinding> findings,
    List<Unreadable> unreadable,
    List<Unreadable> skipped,
    int files,
    int objects,
    int judged,
    List<Alternative> alternatives,
    Map<String, Path> rendered) {

  public LintResult {
    findings = List.copyOf(findings);
    unreadable = List.copyOf(unreadable);
    skipped = List.copyOf(skipped);
    alternatives = List.copyOf(alternatives);
    rendered = Map.copyOf(rendered);
  }

  long count(Severity severity) {
    return findings.stream().filter(each -> each.finding().severity() == severity).count();
  }

  /** Whether something was found that is at least so serious. */
  boolean hasAtLeast(Severity severity) {
    return findings.stream().anyMatch(each -> each.finding().severity().compareTo(severity) <= 0);
  }
}
