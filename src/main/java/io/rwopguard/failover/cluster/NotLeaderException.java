package io.rwopguard.failover.cluster;

/** Signals a write that was not sent, since this replica is no longer certain that it leads. */
public final class NotLeaderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public NotLeaderException() {
    super("this replica is not certain to lead, so it writes nothing. The next leader resumes");
  }
}
