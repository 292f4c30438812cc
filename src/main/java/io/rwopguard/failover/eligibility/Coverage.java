package io.rwopguard.failover.eligibility;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.Refusal;
import java.util.List;
import java.util.Optional;

/** Evaluates whether a node may get the taint {@code node.kubernetes.io/out-of-service} again. */
@FunctionalInterface
public interface Coverage {

  /**
   * A failover from the node. Its fences cover its volumes and its Pod while they are confirmed.
   *
   * @param targets its volumes; empty if they are not known, and then it covers nothing
   */
  record Covering(FailoverRecord record, List<FailoverTarget> targets) {}

  /**
   * Returns why the node of a failover may not get the taint again; empty if it may.
   *
   * @param failovers this failover and all others in progress since the same renewal of the node
   */
  Optional<Refusal> refusalAgain(FailoverRecord record, List<Covering> failovers);
}
