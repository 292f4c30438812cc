package io.rwopguard.failover.fence;

import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.failover.fence.HttpsMessage.Action;

/** Tracks one operation of an HTTPS fence over all of its attempts; guarded by the fence. */
final class HttpsOperation {

  final Action action;
  final String node;
  FenceStatus status = FenceStatus.pending("");
  int attempts;

  /** The number that tells answers to different attempts apart. */
  int attempt;

  long since;

  HttpsOperation(Action action, String node) {
    this.action = action;
    this.node = node;
  }

  boolean isInFlight() {
    return status.state() == State.PENDING;
  }
}
