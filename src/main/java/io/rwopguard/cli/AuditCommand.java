package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.audit.AuditResult;
import io.rwopguard.audit.Auditor;
import io.rwopguard.audit.report.JsonReport;
import io.rwopguard.audit.report.MetricsReport;
import io.rwopguard.audit.report.PolicyReports;
import io.rwopguard.audit.report.TextReport;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.cluster.ClusterPages;
import io.rwopguard.inventory.cluster.SnapshotInventory;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.RuleSet;
import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Checks a running cluster with the rules. */
@Command(
    name = "audit",
    description = "Checks all objects of a cluster as if they were created now.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:There is no finding of severity deny (or of the severity of --fail-on).",
      "1:There is a finding of that severity.",
      "2:The cluster is unreachable, or refused a request; a namespace does not exist; or a report"
          + " could not be written.",
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "It changes nothing, except that --format policy-report writes a report in each namespace with",
      "findings. A finding that a Deployment shares with its ReplicaSets and Pods is reported once.",
      "",
      "  rwop-guard audit",
      "  rwop-guard audit --namespace shop --format json",
      "  rwop-guard audit --format policy-report --fail-on never"
    })
final class AuditCommand implements Callable<Integer> {

  /** The format of the report. */
  enum Format {
    TEXT,
    JSON,
    METRICS,
    POLICY_REPORT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The findings that make the exit code 1. */
  enum FailOn {
    DENY(Optional.of(Severity.DENY)),
    WARN(Optional.of(Severity.WARN)),
    AUDIT(Optional.of(Severity.AUDIT)),
    NEVER(Optional.empty());

    private final Optional<Severity> severity;

    FailOn(Optional<Severity> severity) {
      this.severity = severity;
    }

    boolean isMetBy(AuditResult result) {
      return severity.map(result::hasAtLeast).orElse(false);
    }
  }

  /** The time limit of the reads, enough to list a large cluster. */
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      converter = NameValidation.Namespace.class,
      description =
          "A namespace to check, with the volumes of its claims; may be repeated (default: all"
              + " namespaces and cluster-scoped objects).")
  private Set<String> namespaces = new LinkedHashSet<>();

  @Option(
      names = "--format",
      defaultValue = "text",
      description = "The output format: ${COMPLETION-CANDIDATES}.")
  private Format format;

  @Option(
      names = "--fail-on",
      paramLabel = "SEVERITY",
      defaultValue = "deny",
      description = "The lowest severity that makes the exit code 1: deny, warn, audit; never.")
  private FailOn failOn;

  @Option(
      names = "--chunk-size",
      paramLabel = "OBJECTS",
      defaultValue = "" + ClusterPages.CHUNK,
      description =
          "The maximum number of objects in one response of the API server (default:"
              + " ${DEFAULT-VALUE}).")
  private int chunk;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;
  @Mixin private CommandSettings settings;

  @Override
  public Integer call() {
    if (chunk < 1) {
      throw new ParameterException(spec.commandLine(), "--chunk-size must be 1 or more");
    }
    RuleSet rules = settings.rules();
    try (KubernetesClient client = cluster.client()) {
      Optional<PolicyReports> reports =
          format == Format.POLICY_REPORT
              ? Optional.of(PolicyReports.in(client, namespaces))
              : Optional.empty();
      AuditResult result = audit(client, rules);
      PrintStream out =
          new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
      switch (format) {
        case TEXT -> new TextReport(Ansi.AUTO, out).write(result);
        case JSON -> JsonReport.write(result, out);
        case METRICS -> MetricsReport.write(result, Instant.now(), out);
        case POLICY_REPORT -> {
          PolicyReports.Kept kept = reports.orElseThrow().keep(result, Instant.now());
          out.println(kept);
          out.println(result.summary());
          out.flush();
          checkOurs(kept);
        }
      }
      out.flush();
      return failOn.isMetBy(result) ? ExitCodes.NOT_DONE : ExitCodes.DONE;
    }
  }

  private AuditResult audit(KubernetesClient client, RuleSet rules) {
    try (Progress progress = Progress.onStandardError()) {
      progress.at("reading claims, volumes and their consumers");
      try (SnapshotInventory watched = SnapshotInventory.read(client, PATIENCE)) {
        checkNamespaces(watched.inventory());
        ClusterPages pages = new ClusterPages(client, namespaces, chunk);
        return new Auditor(pages, namespaces, watched.inventory(), rules).run(progress);
      }
    }
  }

  /** Warns about reports of other tools, since nothing is reported in their place. */
  private static void checkOurs(PolicyReports.Kept kept) {
    if (!kept.foreign().isEmpty()) {
      throw new IllegalStateException(
          "a report named rwop-guard belongs to another tool, or was changed in the meantime, in "
              + String.join(", ", kept.foreign())
              + "; remove or rename it");
    }
  }

  /** Refuses a namespace that does not exist, because a mistyped name would have no findings. */
  private void checkNamespaces(Inventory inventory) {
    Inventory learnt =
        inventory
            .learn(new LookupRequest(Set.of(), Set.of(), Set.of(), namespaces, Set.of(), Set.of()))
            .toCompletableFuture()
            .join();
    for (String namespace : namespaces) {
      if (learnt.namespace(namespace) instanceof Lookup.Absent) {
        throw new IllegalArgumentException("namespace " + namespace + " does not exist");
      }
    }
  }
}
