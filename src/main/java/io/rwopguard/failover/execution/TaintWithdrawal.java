package io.rwopguard.failover.execution;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import java.util.List;

/**
 * A removal of the out-of-service taint from a node that did not renew its Lease.
 *
 * @param failover the failover that needed the removal
 * @param targets its volumes; empty if an earlier leader withdrew the taint
 * @param until the time from which nothing more is evicted
 * @param end the time at which it is given up, whatever keeps the taint from being added again
 * @param next the time of the next evaluation
 */
record TaintWithdrawal(
    FailoverRecord failover, List<FailoverTarget> targets, long until, long end, long next) {

  TaintWithdrawal lookedAt(long now, long again) {
    return new TaintWithdrawal(failover, targets, until, end, now + again);
  }

  TaintWithdrawal orLater(TaintWithdrawal other) {
    return until - other.until >= 0 ? this : other;
  }

  /** A time in which a node does not renew its Lease. After another renewal, it is another one. */
  record Silence(String node, String nodeUid, String bootId, String renewTime) {

    static Silence of(FailoverRecord failover) {
      return new Silence(
          failover.node(), failover.nodeUid(), failover.bootId(), failover.renewTime());
    }
  }
}
