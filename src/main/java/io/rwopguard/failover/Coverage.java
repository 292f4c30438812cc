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
   * Why the node of a failover may not have the taint again; empty if it may.
   *
   * @param targets the volumes of the failover, which its fences cover while they are confirmed;
   *     empty if they are not known, and then each volume on the node takes a statement
   */
  Optional<Refusal> refusalAgain(FailoverRecord record, List<FailoverTarget> targets);
}
