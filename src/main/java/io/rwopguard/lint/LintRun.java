package io.rwopguard.lint;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.manifests.ManifestReader;
import io.rwopguard.model.Severity;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.rules.RuleSet;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Help.Ansi;

/** One run over some files, with its reports. */
public final class LintRun {

  private final Sources sources;
  private final Linter linter;
  private final LintResult result;

  /**
   * Reads all named files, and evaluates the rules.
   *
   * @param namespace the namespace of objects without one; empty if it is not known
   * @param renderer the renderer of charts and kustomizations; empty to read their files unrendered
   */
  public LintRun(
      List<String> paths,
      RuleSet rules,
      Optional<String> namespace,
      Inventory other,
      Optional<Renderer> renderer,
      InputStream standardInput) {
    ManifestReader reader = new ManifestReader();
    sources = new Sources(reader, renderer);
    sources.read(paths, standardInput);
    linter = new Linter(rules, namespace, sources.rendered(), other);
    reader.manifests().forEach(linter::add);
    result =
        new LintResult(
            linter.findings(),
            reader.unreadable(),
            sources.skipped(),
            sources.files(),
            reader.manifests().size(),
            linter.judged().size(),
            linter.alternatives(),
            sources.rendered());
  }

  public LintResult result() {
    return result;
  }

  /** Returns whether there is a finding of at least this severity. */
  public boolean found(Severity severity) {
    return result.hasAtLeast(severity);
  }

  /** Returns whether there was a Helm chart, rendered or not. */
  public boolean hasCharts() {
    return sources.hasCharts();
  }

  /** Returns the report for people, in color on a terminal. */
  public String text() {
    return new TextReport(Ansi.AUTO, sources::linesOf).of(result);
  }

  /** Returns the report for programs. */
  public String json() {
    return JsonReport.of(result);
  }

  /** Returns the report for code hosting. */
  public String sarif(String version) {
    return SarifReport.of(result, version);
  }

  /** Returns the annotations of a pull request on GitHub. */
  public String gitHub() {
    return GitHubReport.of(result);
  }

  /** Returns the code quality report of a merge request on GitLab. */
  public String gitLab() {
    return GitLabReport.of(result);
  }

  /** Returns the changes that the mutations would make. */
  public String diff(MutationSet mutations) {
    MutationDiff diff = new MutationDiff(mutations);
    StringBuilder text = new StringBuilder();
    linter.judged().forEach(judged -> text.append(diff.of(judged, linter.seenFrom(judged))));
    return text.toString();
  }
}
