package io.rwopguard.failover;

/** Signals a write that was not sent, since this replica is no longer certain that it leads. */
final class NotLeaderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotLeaderException() {
    super(
        "this replica is not certain to lead, so it writes nothing; the replica that leads next carries on");
  }
}
