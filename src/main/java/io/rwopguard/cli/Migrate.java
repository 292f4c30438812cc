package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.migration.Migration;
import io.rwopguard.migration.Migration.Vouched;
import io.rwopguard.workload.ClaimKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    versionProvider = Version.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:The claims are moved, or the plan is printed.",
      "1:The move was refused, or did not complete.",
      ExitCodes.NOT_ASKED_TEXT,
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "Prints what it would do; --apply does it. Whoever uses the claim is scaled to 0 meanwhile.",
      "Broken off at any point, the same command resumes, and --rollback goes back. Claims of one",
      "StatefulSet template are moved together, and the set is recreated with the same Pods.",
      "",
      "  rwop-guard migrate shop/data-db-0",
      "  rwop-guard migrate shop/data-db-0 --apply",
      "  rwop-guard migrate shop --selector app=db --apply"
    })
final class Migrate implements Callable<Integer> {

  private static final String SELECTOR = "--selector";

  @Parameters(
      paramLabel = ClaimArgument.LABEL,
      converter = ClaimArgument.Converter.class,
      description = "The claim; with --selector the namespace alone.")
  private ClaimArgument target;

  @Option(
      names = SELECTOR,
      paramLabel = "LABELS",
      converter = LabelSelector.class,
      description = "All claims of the namespace with these labels, one after the other.")
  private String selector;

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
      names = "--wait",
      paramLabel = "MINUTES",
      defaultValue = "5",
      converter = Minutes.class,
      description = "How long anything that others do may take (default: ${DEFAULT-VALUE}).")
  private Duration patience;

  @Spec private CommandSpec spec;
  @Mixin private Cluster cluster;

  @Override
  public Integer call() {
    if (apply && dryRun) {
      throw new ParameterException(
          spec.commandLine(), "--apply and --dry-run contradict each other; leave one out");
    }
    List<ClaimKey> named = selector == null ? List.of(target.key(spec.commandLine())) : List.of();
    String namespace = selector == null ? "" : target.namespaceAlone(spec.commandLine(), SELECTOR);
    try (KubernetesClient client = cluster.client()) {
      List<ClaimKey> moved = new ArrayList<>();
      for (ClaimKey claim :
          selector == null ? named : Migration.claimsOf(client, namespace, selector)) {
        if (!moved.contains(claim)) {
          Migration migration =
              Migration.of(client, claim, rollback, new Vouched(capable, paused, stopped));
          moved.addAll(migration.claims());
          move(migration);
        }
      }
      return ExitCodes.DONE;
    }
  }

  private void move(Migration migration) {
    String what =
        "%s %s to %s"
            .formatted(
                migration.claims().size() == 1 ? "claim" : "claims",
                String.join(", ", migration.claims().stream().map(ClaimKey::toString).toList()),
                migration.goesBack() ? "ReadWriteOnce" : "ReadWriteOncePod");
    List<String> plan = migration.plan();
    if (plan.isEmpty()) {
      System.out.printf("Nothing is left to do to move %s.%n", what);
      return;
    }
    System.out.printf(
        "%s %s:%n",
        migration.isUnderWay() ? "Going on to move" : apply ? "Moving" : "Would move", what);
    if (!apply || dryRun) {
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
    migration.apply(step -> System.out.println("  " + step), patience);
    System.out.println("Done.");
  }
}
