package io.rwopguard.mutations;

import io.rwopguard.workload.Kind;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the mutations aim at, and which of them are made on what.
 *
 * @param storageFailoverSeconds for how long storage of which nothing is known may stall
 * @param graceSeconds what a Pod gets to stop, where its own grace period is longer
 * @param graceOfPod whether it is the Pod that gets it; else only its liveness probes do
 * @param tolerationSeconds how long a Pod stays on a node that is not ready or unreachable
 * @param revokingDrivers CSI drivers that are stated to take a node's access away when a volume is
 *     unpublished from it
 * @param edits the ids of the mutations to make
 * @param kinds the kinds of the objects to make them on
 */
public record MutationSettings(
    LivenessTarget liveness,
    int storageFailoverSeconds,
    int graceSeconds,
    boolean graceOfPod,
    int tolerationSeconds,
    Set<String> revokingDrivers,
    Set<String> edits,
    Set<Kind> kinds) {

  /**
   * Whatever may have a pod template that runs forever. Jobs and CronJobs run to an end; a
   * ReplicationController's Pods are mutated instead of its template.
   */
  public static final Set<Kind> ALL_KINDS =
      Set.copyOf(
          EnumSet.of(
              Kind.POD, Kind.STATEFUL_SET, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.DAEMON_SET));

  /** All mutations that are on where nobody says otherwise. */
  public static final MutationSettings DEFAULTS =
      new MutationSettings(
          new LivenessTarget(5, 2, 3600),
          60,
          0,
          true,
          10,
          Set.of(),
          Set.of("volume-check", "liveness", "startup", "pre-stop", "grace", "strategy", "trace"),
          ALL_KINDS);

  public MutationSettings {
    revokingDrivers = Set.copyOf(revokingDrivers);
    edits = Set.copyOf(edits);
    kinds = Set.copyOf(kinds);
  }
}
