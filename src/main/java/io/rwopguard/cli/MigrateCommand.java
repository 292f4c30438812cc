package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.migration.Migration;
import io.rwopguard.migration.Migration.Vouched;
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
    description = "Moves a claim from ReadWriteOnce to ReadWriteOncePod, with the volume it has.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:The claims are moved, or the plan is printed.",
      "1:The move was refused, or did not complete.",
      ExitCodes.NOT_ASKED_TEXT,
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "Prints what it would do; --apply does it. The workload that uses the claim is scaled to 0 meanwhile.",
      "Broken off at any point, the same command resumes, and --rollback goes back. Claims of one",
      "StatefulSet template are moved together, and the set is recreated with the same Pods.",
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

  @Option(names = "--apply", description = "Do it.")
  private boolean apply;

  @Option(names = "--dry-run", description = "Only print what would be done, as by default.")
  private boolean dryRun;

  @Option(
      names = "--rollback",
      description = "Go back to ReadWriteOnce, from whatever point a move has come to.")
  private boolean rollback;

  @Option(
      names = "--assume-capable",
      description = "You know that the driver and its sidecars know ReadWriteOncePod.")
  private boolean capable;

  @Option(
      names = "--gitops-is-paused",
      description = "You have stopped the tool that keeps the workload as it is in git.")
  private boolean paused;

  @Option(
      names = "--operator-is-stopped",
      description =
          "You have stopped the operator that keeps the workload, or scaled it to 0 by it.")
  private boolean stopped;

  @Option(
      names = "--take-over",
      description = "Take over from another run, which may still be in progress and stops then.")
  private boolean takeOver;

  @Option(
      names = "--snapshot",
      description = "Make a VolumeSnapshot of each claim before, of the driver's default class.")
  private boolean snapshot;

  @Option(
      names = "--snapshot-class",
      paramLabel = "CLASS",
      description = "Make it of this VolumeSnapshotClass instead.")
  private String snapshotClass;

  @Option(
      names = "--show-kubectl",
      description = "Print the kubectl commands that do the same, and do nothing.")
  private boolean showKubectl;

  @Option(
      names = "--git-patch",
      description = "Print what to change in git so that it says the same, and do nothing.")
  private boolean gitPatch;

  @Mixin private FleetOptions fleet;

  @Option(
      names = "--wait",
      paramLabel = "MINUTES",
      defaultValue = "5",
      converter = MinutesConverter.class,
      description = "How long anything that others do may take (default: ${DEFAULT-VALUE}).")
  private Duration patience;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Override
  public Integer call() {
    check();
    Optional<String> namespace = fleet.namespace(target, spec.commandLine());
    Migration.Options options =
        new Migration.Options(
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
          "no claim is named; write %s, or NAMESPACE with --selector, or --all-namespaces"
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
          spec.commandLine(), "--apply and --dry-run contradict each other; leave one out");
    }
    boolean acts = apply || fleet.isMeant();
    if ((showKubectl && (acts || gitPatch)) || (gitPatch && acts)) {
      throw new ParameterException(
          spec.commandLine(),
          "--show-kubectl and --git-patch print one thing for one claim, and do nothing; leave the other options out");
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
      System.out.printf("Nothing is left to do to move %s.%n", what);
      return;
    }
    if (showKubectl) {
      List<String> lines = migration.kubectl(cluster.kubeconfig());
      System.out.printf(": 'to move %s'%n", what);
      lines.forEach(System.out::println);
      return;
    }
    System.out.printf(
        "%s %s:%n",
        migration.isUnderWay() ? "Going on to move" : apply ? "Moving" : "Would move", what);
    if (!apply) {
      int number = 0;
      for (String step : plan) {
        number++;
        System.out.printf("%3d. %s%n", number, step);
      }
      migration.notes().forEach(note -> System.out.println("Note: " + note + "."));
      System.out.println("Nothing has been done; --apply does it.");
      return;
    }
    migration.notes().forEach(note -> System.out.println("Note: " + note + "."));
    Interruption interruption =
        Interruption.of(
            migration.goesBack()
                ? "broken off; run the same command again to resume"
                : "broken off; run the same command again to resume, or with --rollback to go back");
    try {
      migration.apply(step -> System.out.println("  " + step), patience);
    } finally {
      interruption.over();
    }
    System.out.println("Done.");
  }
}
