package io.rwopguard.failover;

import io.rwopguard.failover.plan.FailoverRecord;

/** Stops nodes. */
interface Fence {

  /** Asks to stop the record's node, unless that was asked already; returns the state of it. */
  FenceHook.Asked ask(FailoverRecord record, long now);
}
