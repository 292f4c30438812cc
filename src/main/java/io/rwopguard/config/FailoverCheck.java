package io.rwopguard.config;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks the settings of failover. */
final class FailoverCheck {

  private static final String PREFIX = "rwop-guard.failover.";

  /** The shortest Lease. A write takes up to 2 s, and has to end in the last third of the Lease. */
  private static final Duration SHORTEST_LEASE = Duration.ofSeconds(6);

  /**
   * The longest Lease. The election measures the contact with the API server, and asks it six times
   * in a Lease.
   */
  private static final Duration LONGEST_LEASE = Duration.ofSeconds(20);

  /**
   * The shortest time until suspicion. Below the time between two renewals, every node would become
   * suspect again and again.
   */
  private static final Duration SHORTEST_SUSPICION = Duration.ofSeconds(12);

  /** The longest time until suspicion. By then, Kubernetes itself has long noticed. */
  private static final Duration LONGEST_SUSPICION = Duration.ofMinutes(10);

  private FailoverCheck() {}

  static void check(RwopGuardConfig config, List<String> problems) {
    FailoverConfig failover = config.failover();
    limits(failover.limits(), problems);
    within("suspect-after", failover.suspectAfter(), SHORTEST_SUSPICION, problems);
    within("scan-interval", failover.scanInterval(), Duration.ofSeconds(1), problems);
    ConfigCheck.positive(
        PREFIX + "maintenance.reboot-window", failover.maintenance().rebootWindow(), problems);
    ConfigCheck.positive(
        PREFIX + "maintenance.recovery-hold-off",
        failover.maintenance().recoveryHoldOff(),
        problems);
    ConfigCheck.positive(
        PREFIX + "failing-pods.report-after", failover.failingPods().reportAfter(), problems);
    ConfigCheck.positive(
        PREFIX + "failing-pods.delete-after", failover.failingPods().deleteAfter(), problems);
    Duration lease = failover.leaseDuration();
    if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(LONGEST_LEASE) > 0) {
      problems.add(
          "%slease-duration: must be from 6 to 20 seconds, found %s. With a shorter one, a write that started within it may end after it. With a longer one, a replica asks the API server too rarely to tell a dead node from its own connection failure. A dead leader is also replaced too late"
              .formatted(PREFIX, lease));
    }
    FenceCheck.check(failover, config.run().contains(ProcessPart.FAILOVER), problems);
    knownBehavior(config, problems);
    if (failover.mode() == FailoverMode.OFF) {
      return;
    }
    if (!PodEnvironment.hasCluster(config)) {
      problems.add(PREFIX + "mode: needs a cluster. Outside a Pod, set rwop-guard.kubeconfig");
    }
    if (PodEnvironment.namespace(config).isEmpty()) {
      problems.add("rwop-guard.namespace: must be set outside a Pod for " + PREFIX + "mode");
    }
  }

  private static void limits(FailoverConfig.Limits limits, List<String> problems) {
    String prefix = PREFIX + "limits.";
    ConfigCheck.between(prefix + "suspect-percent", 1, limits.suspectPercent(), 100, problems);
    ConfigCheck.between(
        prefix + "suspect-percent-of-zone", 1, limits.suspectPercentOfZone(), 100, problems);
    ConfigCheck.between(
        prefix + "max-per-claim-per-hour", 1, limits.maxPerClaimPerHour(), 1000, problems);
    ConfigCheck.between(
        prefix + "max-per-node-per-hour", 1, limits.maxPerNodePerHour(), 100_000, problems);
    ConfigCheck.between(prefix + "max-per-hour", 1, limits.maxPerHour(), 100_000, problems);
  }

  private static void within(String name, Duration value, Duration least, List<String> problems) {
    if (value.compareTo(least) < 0 || value.compareTo(LONGEST_SUSPICION) > 0) {
      problems.add(
          "%s%s: must be from %d seconds to 10 minutes, found %s"
              .formatted(PREFIX, name, least.toSeconds(), value));
    }
  }

  /** Refuses a wrong statement before anything relies on it, since it would allow two writers. */
  private static void knownBehavior(RwopGuardConfig config, List<String> problems) {
    FailoverConfig failover = config.failover();
    Set<String> overridden = new HashSet<>();
    failover
        .drivers()
        .forEach(
            (name, driver) -> {
              if (driver.againstKnownBehavior()) {
                overridden.add(name);
              } else if (driver.revokesOnUnpublish()) {
                KnownBehavior.problem(name, driver.release().orElse(failover.release()))
                    .ifPresent(problems::add);
              }
            });
    config.tolerations().revokingDrivers().orElse(Set.of()).stream()
        .filter(name -> !overridden.contains(name))
        .sorted()
        .map(KnownBehavior::problemWithTolerations)
        .flatMap(Optional::stream)
        .forEach(problems::add);
  }
}
