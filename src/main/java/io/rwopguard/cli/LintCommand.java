package io.rwopguard.cli;

import io.rwopguard.lint.LintRun;
import io.rwopguard.lint.Renderer;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.RuleSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks manifests with the rules, and on request with the mutations. */
@Command(
    name = "lint",
    description = "Looks at manifests as the webhooks would, without a cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:Nothing was found that is to be denied, or what --fail-on says.",
      "1:Something was found.",
      "2:Nothing was found, but something could not be read: a file, or with --cluster the cluster.",
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "What a manifest says of claims, volumes and workloads is known to all others.",
      "",
      "Files that describe the same object differently are alternatives: none is mixed with another.",
      "",
      "  rwop-guard lint k8s/",
      "  rwop-guard lint -n shop --values prod.yaml charts/db",
      "  helm template db charts/db -n shop | rwop-guard lint -n shop -",
      "  rwop-guard lint --format sarif overlays/prod > rwop-guard.sarif"
    })
final class LintCommand implements Callable<Integer> {

  /** The format of the report. */
  enum Format {
    TEXT,
    JSON,
    SARIF;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description =
          "Files, folders with all below them, packed Helm charts (.tgz), or - for standard input.")
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

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      converter = NameValidation.Namespace.class,
      description =
          "The namespace of objects that name none, as for helm template and kubectl; with --cluster that of the kubeconfig's context, else not known.")
  private String namespace;

  @Option(
      names = "--values",
      paramLabel = "FILE",
      description = "A file with values for Helm charts, as for helm; may be repeated.")
  private List<String> values = List.of();

  @Option(
      names = "--no-render",
      description =
          "Read the files of Helm charts and kustomizations as they are. Without it, helm and kustomize (or kubectl) render them.")
  private boolean asTheyAre;

  @Option(names = "--cluster", description = "Ask a cluster for what no manifest tells of.")
  private boolean askCluster;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;
  @Mixin private CommandSettings settings;

  @Override
  public Integer call() {
    checkCombination();
    RuleSet rules = settings.rules();
    try (InventoryHandle known = InventoryHandle.of(askCluster, cluster)) {
      Optional<String> inNamespace = Optional.ofNullable(namespace).or(known::namespace);
      LintRun run =
          new LintRun(
              paths,
              rules,
              inNamespace,
              known.inventory(),
              asTheyAre ? Optional.empty() : Optional.of(Renderer.ofPath(inNamespace, values)),
              System.in);
      refuseIf(!run.hasCharts(), "--values", "there is no Helm chart among what was named");
      if (diff) {
        System.out.print(run.diff(settings.mutations()));
        return run.result().unreadable().isEmpty() ? ExitCodes.DONE : ExitCodes.NOT_ASKED;
      }
      System.out.print(
          switch (format) {
            case TEXT -> run.text();
            case JSON -> run.json();
            case SARIF -> run.sarif(VersionProvider.of());
          });
      if (run.found(failOn)) {
        return ExitCodes.NOT_DONE;
      }
      return run.result().unreadable().isEmpty() ? ExitCodes.DONE : ExitCodes.NOT_ASKED;
    }
  }

  /** Refuses an option without an effect, because users would assume that it has one. */
  private void checkCombination() {
    refuseIf(diff, "--format", "--diff shows no findings");
    refuseIf(diff, "--fail-on", "--diff shows no findings");
    refuseIf(asTheyAre, "--values", "--no-render renders no chart");
    refuseIf(!askCluster, "--kubeconfig", "no cluster is asked without --cluster");
  }

  private void refuseIf(boolean hasNoEffect, String option, String why) {
    if (hasNoEffect && spec.commandLine().getParseResult().hasMatchedOption(option)) {
      throw new ParameterException(
          spec.commandLine(), "%s has no effect, since %s; leave it out".formatted(option, why));
    }
  }
}
