package io.rwopguard.migration;

import java.util.List;
import java.util.Optional;

/**
 * What uses the claims, as it was looked at.
 *
 * @param seen the workload; empty if it is gone, or if nothing uses the claims
 * @param pods that use one of the claims now
 * @param attached whether one of the volumes is still attached somewhere
 * @param unended what is to be waited for although no Pod is there; empty if nothing is
 * @param recreatable whether a volume has a copy of it, of which nothing was created yet
 * @param unnoted the index of the claim whose volume has a copy that does not say yet that it is
 *     there again; empty for none
 */
record Workload(
    Optional<Seen> seen,
    List<String> pods,
    boolean attached,
    Optional<String> unended,
    boolean recreatable,
    Optional<Integer> unnoted) {

  Workload {
    pods = List.copyOf(pods);
  }

  /**
   * The workload.
   *
   * @param going whether it is being deleted
   * @param replicas that it is to have
   * @param templateFits whether its claim template has the access modes that claims are to have, or
   *     it has none
   * @param kept whether a volume has a copy of just this version
   * @param returned whether its fields belong to whom they belonged to before
   * @param mark whether earlier runs are kept from it
   */
  record Seen(
      ObjectVersion version,
      boolean going,
      int replicas,
      boolean templateFits,
      boolean kept,
      boolean returned,
      Mark mark) {

    /** Whether it is to have no Pods. */
    boolean isIdle() {
      return replicas == 0;
    }
  }
}
