package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.migration.Migration;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Moves claims from ReadWriteOnce to ReadWriteOncePod around their volumes. */
@Command(
    name = "migrate",
    description =
        "Migrates a claim from ReadWriteOnce to ReadWriteOncePod, with its existing volume.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:The claims are migrated, or the plan is printed.",
      "1:The migration was refused, or did not complete.",
      ExitCodes.NOT_ASKED_TEXT,
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "Prints the plan; --apply runs it. The claim's consumers are scaled to 0 during the migration.",
      "After an interruption, the same command resumes, and --rollback rolls back. Claims of one",
      "StatefulSet template are migrated together, and the set is recreated with the same Pods.",
      "",
      "  rwop-guard migrate shop/data-db-0",
      "  rwop-guard migrate shop/data-db-0 --apply",
      "  rwop-guard migrate shop --selector app=db --apply"
    })
final class MigrateCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = ClaimArgument.LABEL,
      arity = "0..1",
      converter = ClaimArgument.Converter.class,
      description =
          "The claim; with --selector the namespace alone; with --all-namespaces nothing.")
  private ClaimArgument target;

  @Option(names = "--apply", description = "Run the plan.")
  private boolean apply;

  @Option(names = "--dry-run", description = "Only print the plan (the default).")
  private boolean dryRun;

  @Option(
      names = "--rollback",
      description = "Roll back to ReadWriteOnce, at any point of the migration.")
  private boolean rollback;

  @Option(
      names = "--assume-capable",
      description = "You confirm that the driver and its sidecars support ReadWriteOncePod.")
  private boolean capable;

  @Option(
      names = "--gitops-is-paused",
      description = "You confirm that the GitOps tool no longer reconciles the workload.")
  private boolean paused;

  @Option(
      names = "--operator-is-stopped",
      description = "You confirm that the operator is stopped, or has scaled the workload to 0.")
  private boolean stopped;

  @Option(
      names = "--take-over",
      description = "Take over from another run that may be in progress; that run then stops.")
  private boolean takeOver;

  @Option(
      names = "--snapshot",
      description = "Create a VolumeSnapshot of each claim first, with the driver's default class.")
  private boolean snapshot;

  @Option(
      names = "--snapshot-class",
      paramLabel = "CLASS",
      description = "The VolumeSnapshotClass to use instead.")
  private String snapshotClass;

  @Option(names = "--show-kubectl", description = "Only print the equivalent kubectl commands.")
  private boolean showKubectl;

  @Option(names = "--git-patch", description = "Only print the equivalent changes to make in git.")
  private boolean gitPatch;

  @Mixin private FleetOptions fleet;

  @Option(
      names = "--wait",
      paramLabel = "MINUTES",
      defaultValue = "5",
      converter = MinutesConverter.class,
      description =
          "The time limit for each step that other controllers perform (default: ${DEFAULT-VALUE}).")
  private Duration patience;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Override
  public Integer call() {
    check();
    Optional<String> namespace = fleet.namespace(target, spec.commandLine());
    MigrationOptions options =
        new MigrationOptions(
            rollback,
            takeOver,
            Optional.ofNullable(snapshotClass)
                .or(() -> snapshot ? Optional.of("") : Optional.empty()),
            "",
            new Vouched(capable, paused, stopped));
    if (fleet.isMeant()) {
      try (KubernetesClient client = cluster.client()) {
        return fleet.run(client, namespace, options, apply, patience);
      }
    }
    if (target == null) {
      throw new ParameterException(
          spec.commandLine(),
          "no claim was given; write %s, or NAMESPACE with --selector, or --all-namespaces"
              .formatted(ClaimArgument.LABEL));
    }
    ClaimKey claim = target.key(spec.commandLine());
    try (KubernetesClient client = cluster.client()) {
      move(Migration.of(client, claim, options));
      return ExitCodes.DONE;
    }
  }

  private void check() {
    if (apply && dryRun) {
      throw new ParameterException(
          spec.commandLine(), "--apply and --dry-run contradict each other; remove one");
    }
    boolean acts = apply || fleet.isMeant();
    if ((showKubectl && (acts || gitPatch)) || (gitPatch && acts)) {
      throw new ParameterException(
          spec.commandLine(),
          "--show-kubectl and --git-patch only print text for one claim; remove the other options");
    }
  }

  private void move(Migration migration) {
    String what =
        "%s %s to %s"
            .formatted(
                migration.claims().size() == 1 ? "claim" : "claims",
                String.join(", ", migration.claims().stream().map(ClaimKey::toString).toList()),
                migration.goesBack() ? "ReadWriteOnce" : "ReadWriteOncePod");
    if (gitPatch) {
      System.out.print(migration.gitPatch());
      return;
    }
    List<String> plan = migration.plan();
    if (plan.isEmpty()) {
      System.out.printf("The migration of %s is already complete.%n", what);
      return;
    }
    if (showKubectl) {
      List<String> lines = migration.kubectl(cluster.kubeconfig());
      System.out.printf(": 'to migrate %s'%n", what);
      lines.forEach(System.out::println);
      return;
    }
    System.out.printf(
        "%s %s:%n",
        migration.isUnderWay()
            ? "Resuming the migration of"
            : apply ? "Migrating" : "Would migrate",
        what);
    if (!apply) {
      int number = 0;
      for (String step : plan) {
        number++;
        System.out.printf("%3d. %s%n", number, step);
      }
      migration.notes().forEach(note -> System.out.println("Note: " + note + "."));
      System.out.println("Nothing was changed; add --apply to run the plan.");
      return;
    }
    migration.notes().forEach(note -> System.out.println("Note: " + note + "."));
    Interruption interruption =
        Interruption.of(
            migration.goesBack()
                ? "interrupted; run the same command to resume"
                : "interrupted; run the same command to resume, or add --rollback to roll back");
    try {
      migration.apply(step -> System.out.println("  " + step), patience);
    } finally {
      interruption.over();
    }
    System.out.println("Done.");
  }
}
