package io.rwopguard.mutations;

import io.rwopguard.model.Kind;
import java.util.EnumSet;
import java.util.Set;

/**
 * The targets of the mutations, and the objects that they apply to.
 *
 * @param storageFailoverSeconds for how long storage without an entry may stall
 * @param graceSeconds the grace period of a Pod whose own period is longer
 * @param graceOfPod whether the Pod gets it; otherwise only its liveness probes do
 * @param tolerationSeconds how long a Pod stays on a node that is not ready or unreachable
 * @param revokingDrivers CSI drivers that are stated to revoke a node's access when a volume is
 *     unpublished from it
 * @param edits the ids of the mutations that are on
 * @param kinds the kinds of the objects that they apply to
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
   * The kinds that may have a pod template that runs forever. Jobs and CronJobs end. A
   * ReplicationController's Pods are mutated instead of its template.
   */
  public static final Set<Kind> ALL_KINDS =
      Set.copyOf(
          EnumSet.of(
              Kind.POD, Kind.STATEFUL_SET, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.DAEMON_SET));

  /** The settings with the default mutations. */
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
