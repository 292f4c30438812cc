package io.rwopguard.failover;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.Refusal;
import java.util.List;
import java.util.Optional;

/** Tells whether the taint {@code node.kubernetes.io/out-of-service} may go back on a node. */
@FunctionalInterface
interface Coverage {

  /**
   * A failover from the node, whose fences cover its volumes and its Pod while they are confirmed.
   *
   * @param targets its volumes; empty if they are not known, and then it covers nothing
   */
  record Covering(FailoverRecord record, List<FailoverTarget> targets) {}

  /**
   * Why the node of a failover may not have the taint again; empty if it may.
   *
   * @param failovers that one and all others in progress from the same silent node
   */
  Optional<Refusal> refusalAgain(FailoverRecord record, List<Covering> failovers);
}
