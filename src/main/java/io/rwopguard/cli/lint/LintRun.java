package io.rwopguard.cli.lint;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.manifests.ManifestReader;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.rules.Severity;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Help.Ansi;

/** One look at some files, and what is to be said of it. */
public final class LintRun {

  private final Sources sources;
  private final Linter linter;
  private final LintResult result;

  /**
   * Reads all that is named, and asks the rules.
   *
   * @param namespace of objects that name none; empty if it is not known
   * @param renderer of charts and kustomizations; empty to read their files as they are
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

  /** Whether something was found that is at least so serious. */
  public boolean found(Severity severity) {
    return result.hasAtLeast(severity);
  }

  /** Whether there was a Helm chart, rendered or not. */
  public boolean hasCharts() {
    return sources.hasCharts();
  }

  /** For people, in colours where they can be seen. */
  public String text() {
    return new TextReport(Ansi.AUTO, sources::linesOf).of(result);
  }

  /** For programs. */
  public String json() {
    return JsonReport.of(result);
  }

  /** For code hosting. */
  public String sarif(String version) {
    return SarifReport.of(result, version);
  }

  /** What the mutations would change. */
  public String diff(MutationSet mutations) {
    MutationDiff diff = new MutationDiff(mutations);
    StringBuilder text = new StringBuilder();
    linter.judged().forEach(judged -> text.append(diff.of(judged, linter.seenFrom(judged))));
    return text.toString();
  }
}
