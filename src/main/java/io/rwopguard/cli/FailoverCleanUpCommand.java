package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cleanup.CleanUp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Removes what failover leaves in a cluster; {@code helm uninstall} runs it as a hook. */
@Command(
    name = "clean-up",
    description = "Removes the taints, Leases and records that failover has written.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:Nothing is left, or the dry run is complete.",
      "1:The clean-up was refused, or something is left.",
      ExitCodes.NOT_ASKED_TEXT,
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "It refuses while a controller runs or renews the Lease of an election, and while another",
      "installation with failover is in the cluster. It leaves the taints and records of nodes that",
      "are fenced, wait for a reboot or have a failover in progress.",
      "",
      "  rwop-guard failover clean-up --dry-run"
    })
final class FailoverCleanUpCommand implements Callable<Integer> {

  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration STOPPING = Duration.ofSeconds(60);

  /** The chart's default. */
  private static final int DEFAULT_REPLICAS = 2;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      defaultValue = "rwop-guard",
      converter = NameValidation.Namespace.class,
      description = "The namespace of rwop-guard (default: ${DEFAULT-VALUE}).")
  private String namespace;

  @Option(
      names = "--election",
      paramLabel = "LEASE",
      defaultValue = "rwop-guard-failover,rwop-guard-failover-probes,rwop-guard-certificates",
      split = ",",
      description = "The controllers' own Leases (default: ${DEFAULT-VALUE}).")
  private List<String> elections;

  @Option(
      names = "--stop",
      paramLabel = "DEPLOYMENT",
      description =
          "First scale this Deployment of the controllers to zero, and wait until its Pods have"
              + " ended.")
  private Optional<String> deployment;

  @Option(
      names = "--force",
      description =
          "Remove everything despite running controllers, fences, failovers in progress, awaited"
              + " reboots and other installations, and print the consequences.")
  private boolean force;

  @Option(names = "--dry-run", description = "Only print what would be removed.")
  private boolean dryRun;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  /** The replicas of the controllers' Deployment before it was stopped. */
  private int replicas;

  @Override
  public Integer call() throws InterruptedException {
    ParentArguments.refuse(spec);
    int result = cleanUp();
    if (result == ExitCodes.NOT_DONE && deployment.isPresent() && !force && !dryRun) {
      tellForce();
    }
    return result;
  }

  private int cleanUp() throws InterruptedException {
    try (KubernetesClient client = cluster.client()) {
      CleanUp cleanUp = new CleanUp(client, namespace, dryRun, System.out::println);
      Map<String, List<CleanUp.Reason>> kept = cleanUp.kept();
      kept.forEach(this::tell);
      if (isRefused(
          others(cleanUp),
          "Taints and claim Leases do not record their installation. Run the clean-up for the last"
              + " installation only, or delete the Lease if its installation no longer exists",
          "Nothing was done")) {
        return ExitCodes.NOT_DONE;
      }
      if (deployment.isPresent() && !dryRun) {
        replicas = cleanUp.replicas(deployment.get());
        if (!kept.isEmpty() && !force) {
          System.err.printf(
              replicas == 0
                  ? "rwop-guard: nothing was done. Deployment %s/%s is already stopped, so no"
                      + " controller completes the work listed above. Follow the instructions"
                      + " above, or add --force%n"
                  : "rwop-guard: nothing was done, and Deployment %s/%s was not stopped, because it"
                      + " has to complete the work listed above. Follow the instructions above, or"
                      + " add --force%n",
              namespace,
              deployment.get());
          if (replicas == 0) {
            tellStart();
          }
          return ExitCodes.NOT_DONE;
        }
        stop(cleanUp);
      }
      if (isRefused(running(cleanUp), "Stop the controllers first", "Nothing was removed")
          || isRefused(leading(cleanUp), "Stop the controllers first", "Nothing was removed")) {
        return ExitCodes.NOT_DONE;
      }
      // until they ended, the controllers may have fenced a node or started a failover
      Map<String, List<CleanUp.Reason>> keptNow = cleanUp.kept();
      keptNow.entrySet().stream()
          .filter(node -> !node.getValue().equals(kept.get(node.getKey())))
          .forEach(node -> tell(node.getKey(), node.getValue()));
      boolean complete = cleanUp.run(force ? Set.of() : keptNow.keySet(), elections);
      if (deployment.isPresent() && !dryRun && !force && !keptNow.isEmpty()) {
        tellStart();
      }
      System.out.println(
          dryRun
              ? "nothing was removed"
              : complete ? "done" : "some objects were not removed: see above");
      return complete ? ExitCodes.DONE : ExitCodes.NOT_DONE;
    }
  }

  /** Prints how to remove everything, which a value of the chart can no longer enable. */
  private void tellForce() {
    System.err.printf(
        "rwop-guard: to remove everything anyway: rwop-guard failover clean-up --namespace %s"
            + " --election %s --stop %s --force. If helm uninstall ran this command, run helm"
            + " uninstall --no-hooks after it: Helm refuses an upgrade of a release whose uninstall"
            + " has started, so cleanUp.force can no longer be set%n",
        namespace, String.join(",", elections), deployment.orElseThrow());
  }

  /** Prints how to restart the controllers, which can end the kept failovers and fences. */
  private void tellStart() {
    System.err.printf(
        "rwop-guard: the controllers are stopped. To let them complete the work listed above,"
            + " restart them: kubectl scale deployment -n %s %s --replicas=%d%n",
        namespace, deployment.orElseThrow(), replicas == 0 ? DEFAULT_REPLICAS : replicas);
  }

  private void tell(String node, List<CleanUp.Reason> reasons) {
    String name = node.isEmpty() ? "a node that its record does not name" : "node " + node;
    for (CleanUp.Reason reason : reasons) {
      System.err.printf(
          force
              ? "rwop-guard: WARNING: %s loses its taints and records, since --force is set: %s. By"
                  + " that %s%n"
              : "rwop-guard: WARNING: %s keeps its taints and records: %s. %s%n",
          name,
          reason.text(),
          force ? reason.loss() : reason.fix());
    }
  }

  /**
   * Prints each obstacle, and returns whether one remains. None remains with {@code --force} or in
   * a dry run.
   */
  private boolean isRefused(List<String> obstacles, String fix, String consequence) {
    for (String obstacle : obstacles) {
      System.err.printf(
          "rwop-guard: %s. %s%n",
          obstacle,
          force
              ? "Everything is removed anyway, since --force is set"
              : "%s, or add --force. %s".formatted(fix, consequence));
    }
    return !obstacles.isEmpty() && !force && !dryRun;
  }

  private List<String> others(CleanUp cleanUp) {
    return cleanUp.otherElections(elections).stream()
        .map("another rwop-guard elects its failover controller by Lease %s"::formatted)
        .toList();
  }

  private List<String> running(CleanUp cleanUp) {
    return cleanUp.controllers(false).stream()
        .map(
            pod ->
                "Pod %s/%s of the controllers exists. It would recreate the removed objects"
                    .formatted(namespace, pod))
        .toList();
  }

  private List<String> leading(CleanUp cleanUp) throws InterruptedException {
    List<String> leading = new ArrayList<>();
    for (String election : elections) {
      activeHolder(cleanUp, election)
          .ifPresent(
              holder ->
                  leading.add(
                      "%s renews Lease %s/%s. It would recreate the removed objects"
                          .formatted(holder, namespace, election)));
    }
    return leading;
  }

  private void stop(CleanUp cleanUp) throws InterruptedException {
    cleanUp.scaleToZero(deployment.orElseThrow());
    long end = System.nanoTime() + STOPPING.toNanos();
    // a Pod on a dead node never ends; its Lease shows whether it is still active
    while (!cleanUp.controllers(true).isEmpty() && System.nanoTime() < end) {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    }
  }

  /** Returns the holder of a Lease that is renewed within the duration of one renewal. */
  private static Optional<String> activeHolder(CleanUp cleanUp, String lease)
      throws InterruptedException {
    CleanUp.Election first = cleanUp.election(lease);
    long end = System.nanoTime() + Duration.ofSeconds(first.seconds() + 1L).toNanos();
    CleanUp.Election now = first;
    while (!now.holder().isEmpty() && System.nanoTime() < end) {
      if (!now.renewed().equals(first.renewed())) {
        return Optional.of(now.holder());
      }
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      now = cleanUp.election(lease);
    }
    return Optional.empty();
  }
}
