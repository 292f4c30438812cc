package io.rwopguard.migration.plan;

import io.rwopguard.migration.record.ObjectVersion;
import java.util.List;
import java.util.Optional;

/**
 * The consumer of the claims as it was observed.
 *
 * @param seen the workload; empty if it does not exist, or if nothing uses the claims
 * @param pods the Pods that use one of the claims now
 * @param attached whether one of the volumes is still attached to a node
 * @param unended the condition to wait for although no Pod exists; empty if there is none
 * @param recreatable whether a volume has a copy of the workload from which nothing was created yet
 * @param unnoted the index of the claim whose volume has a copy that does not say yet that the
 *     workload exists again; empty if none
 */
public record Workload(
    Optional<Seen> seen,
    List<String> pods,
    boolean attached,
    Optional<Wait> unended,
    boolean recreatable,
    Optional<Integer> unnoted) {

  public Workload {
    pods = List.copyOf(pods);
  }

  /**
   * The workload as it was observed.
   *
   * @param going whether it is being deleted
   * @param replicas its desired replicas
   * @param templateFits whether its claim template has the access modes that claims are to have, or
   *     it has none
   * @param kept whether a volume has a copy of exactly this version
   * @param returned whether its fields belong to their former managers
   * @param mark whether earlier runs are blocked from it
   */
  public record Seen(
      ObjectVersion version,
      boolean going,
      int replicas,
      boolean templateFits,
      boolean kept,
      boolean returned,
      RequestMark mark) {

    /** Returns whether the workload has 0 desired replicas. */
    public boolean isIdle() {
      return replicas == 0;
    }
  }
}
