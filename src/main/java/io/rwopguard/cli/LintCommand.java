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
    description = "Checks manifests like the webhooks, without a cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:There is no finding of severity deny (or of the severity of --fail-on).",
      "1:There is a finding of that severity.",
      "2:There is no such finding, but a file, or with --cluster the cluster, could not be read.",
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "Each manifest is evaluated with the claims, volumes and workloads of all others.",
      "",
      "Files that describe the same object differently are alternatives, never evaluated together.",
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
    SARIF,
    GITHUB,
    GITLAB;

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
      description = "The output format: ${COMPLETION-CANDIDATES}.")
  private Format format;

  @Option(
      names = "--fail-on",
      paramLabel = "SEVERITY",
      defaultValue = "deny",
      description = "The lowest severity that makes the exit code 1: deny, warn or audit.")
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
          "The namespace of objects without one, as for helm template and kubectl (default: with --cluster that of the kubeconfig's context, otherwise unknown).")
  private String namespace;

  @Option(
      names = "--values",
      paramLabel = "FILE",
      description = "A file with values for Helm charts, as for helm; may be repeated.")
  private List<String> values = List.of();

  @Option(
      names = "--no-render",
      description =
          "Read the files of Helm charts and kustomizations without rendering. Without this option, helm and kustomize (or kubectl) render them.")
  private boolean asTheyAre;

  @Option(
      names = "--cluster",
      description = "Look up objects that no manifest contains in a cluster.")
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
      refuseIf(!run.hasCharts(), "--values", "none of the sources is a Helm chart");
      if (diff) {
        System.out.print(run.diff(settings.mutations()));
        return run.result().unreadable().isEmpty() ? ExitCodes.DONE : ExitCodes.NOT_ASKED;
      }
      System.out.print(
          switch (format) {
            case TEXT -> run.text();
            case JSON -> run.json();
            case SARIF -> run.sarif(VersionProvider.of());
            case GITHUB -> run.gitHub();
            case GITLAB -> run.gitLab();
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
    refuseIf(!askCluster, "--kubeconfig", "no cluster is used without --cluster");
  }

  private void refuseIf(boolean hasNoEffect, String option, String why) {
    if (hasNoEffect && spec.commandLine().getParseResult().hasMatchedOption(option)) {
      throw new ParameterException(
          spec.commandLine(), "%s has no effect, since %s; remove it".formatted(option, why));
    }
  }
}
