package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.CleanUp;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes what failover leaves in a cluster; {@code helm uninstall} runs it as a hook. */
@Command(
    name = "clean-up",
    description = "Removes the taints, Leases and records that failover has written.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "It refuses while a controller renews the Lease of an election, and leaves the taints of"
          + " nodes",
      "whose fence is not yet taken back. Exit code 0 once nothing is left, 1 otherwise.",
      "",
      "  rwop-guard failover clean-up --dry-run"
    })
final class FailoverCleanUp implements Callable<Integer> {

  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration STOPPING = Duration.ofSeconds(60);
  private static final int DONE = 0;
  private static final int NOT_DONE = 1;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      defaultValue = "rwop-guard",
      description = "Where rwop-guard is installed (default: ${DEFAULT-VALUE}).")
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
      description = "First scale this Deployment of the controllers to zero, and wait for its end.")
  private Optional<String> deployment;

  @Option(
      names = "--force",
      description = "Remove everything, whoever leads and whatever is fenced: you know the state.")
  private boolean force;

  @Option(names = "--dry-run", description = "Only say what would be removed.")
  private boolean dryRun;

  @Mixin private Cluster cluster;

  @Override
  public Integer call() throws InterruptedException {
    try (KubernetesClient client = cluster.client()) {
      CleanUp cleanUp = new CleanUp(client, namespace, dryRun, System.out::println);
      Set<String> fenced = cleanUp.fencedNodes();
      fenced.forEach(this::warn);
      if (deployment.isPresent() && !dryRun) {
        if (!fenced.isEmpty() && !force) {
          // the controllers have to run to take a fence back
          return NOT_DONE;
        }
        stop(cleanUp);
      }
      for (String election : elections) {
        Optional<String> holder = activeHolder(cleanUp, election);
        if (holder.isPresent()) {
          System.err.printf(
              "rwop-guard: %s renews Lease %s/%s. It would write again what is removed. Stop the"
                  + " controllers first%s%n",
              holder.get(),
              namespace,
              election,
              force ? "; removed all the same" : ", or add --force");
          if (!force && !dryRun) {
            return NOT_DONE;
          }
        }
      }
      boolean complete = cleanUp.run(force ? Set.of() : fenced, elections);
      System.out.println(
          dryRun ? "nothing was removed" : complete ? "done" : "not all is removed: see above");
      return complete ? DONE : NOT_DONE;
    }
  }

  private void warn(String node) {
    System.err.printf(
        "rwop-guard: WARNING: node %s is fenced, and the fence is not yet taken back. %s. Un-fence"
            + " the node, or let the controllers do it, before it takes Pods again%n",
        node.isEmpty() ? "(its record does not say which)" : node,
        force
            ? "Its taints are removed, since --force is given"
            : "Its taints and its record stay");
  }

  private void stop(CleanUp cleanUp) throws InterruptedException {
    cleanUp.scaleToZero(deployment.orElseThrow());
    long end = System.nanoTime() + STOPPING.toNanos();
    // a Pod on a dead node never ends: its Lease then tells whether it still acts
    while (cleanUp.hasControllers() && System.nanoTime() < end) {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    }
  }

  /** The holder of a Lease that is renewed while this waits for as long as a renewal lasts. */
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
