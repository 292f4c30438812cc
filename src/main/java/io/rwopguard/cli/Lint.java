package io.rwopguard.cli;

import io.rwopguard.cli.lint.LintRun;
import io.rwopguard.rules.Severity;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The rules, and on demand the mutations, over manifests. */
@Command(
    name = "lint",
    description = "Looks at manifests as the webhooks would, without a cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    exitCodeOnExecutionException = Lint.NOT_READ,
    footer = {
      "",
      "What a manifest says of claims, volumes and workloads is known to all others.",
      "Exit codes: 0, nothing was found that is to be denied (or what --fail-on says); 1, something",
      "was; 2, nothing was, but something could not be read; 64, the command or a setting is wrong.",
      "",
      "  rwop-guard lint k8s/",
      "  helm template db charts/db | rwop-guard lint -",
      "  kustomize build overlays/prod | rwop-guard lint --format sarif - > rwop-guard.sarif"
    })
final class Lint implements Callable<Integer> {

  /** How findings are written. */
  enum Format {
    TEXT,
    JSON,
    SARIF;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int FOUND = 1;

  /** Not to be taken for something that was found. */
  static final int NOT_READ = 2;

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description = "Files, folders with all below them, or - for standard input.")
  private List<String> paths;

  @Option(
      names = "--format",
      defaultValue = "text",
      description = "How findings are written: ${COMPLETION-CANDIDATES}.")
  private Format format;

  @Option(
      names = "--fail-on",
      paramLabel = "SEVERITY",
      defaultValue = "deny",
      description = "What makes the exit code 1, or anything more serious: deny, warn or audit.")
  private Severity failOn;

  @Option(
      names = "--diff",
      description = "Show what the mutating webhook would change, instead of findings.")
  private boolean diff;

  @Option(names = "--cluster", description = "Ask a cluster for what no manifest tells of.")
  private boolean askCluster;

  @Mixin private Cluster cluster;
  @Mixin private Settings settings;

  @Override
  public Integer call() {
    try (Known known = Known.of(askCluster, cluster)) {
      LintRun run = new LintRun(paths, settings.rules(), known.inventory(), System.in);
      if (diff) {
        System.out.print(run.diff(settings.mutations()));
        return run.result().unreadable().isEmpty() ? 0 : NOT_READ;
      }
      System.out.print(
          switch (format) {
            case TEXT -> run.text();
            case JSON -> run.json();
            case SARIF -> run.sarif(Version.of());
          });
      if (run.found(failOn)) {
        return FOUND;
      }
      return run.result().unreadable().isEmpty() ? 0 : NOT_READ;
    }
  }
}
