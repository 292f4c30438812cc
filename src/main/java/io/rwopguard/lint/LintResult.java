package io.rwopguard.lint;

import io.rwopguard.manifests.Unreadable;
import io.rwopguard.model.Severity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The result of linting manifests.
 *
 * @param objects the number of objects, of any kind
 * @param judged the number of objects whose kinds the rules cover
 * @param skipped correct files that were omitted, and why
 * @param alternatives objects of which there are several versions
 * @param rendered the defining file of each source that a program rendered
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

  /** Returns whether there is a finding of at least this severity. */
  boolean hasAtLeast(Severity severity) {
    return findings.stream().anyMatch(each -> each.finding().severity().compareTo(severity) <= 0);
  }
}
