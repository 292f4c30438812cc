package io.rwopguard.migration.plan;

/** Signals that a migration is refused, and why. */
public class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with the reason and what to do about it. */
  public RefusedException(String why) {
    // this is an answer and not a fault of this program, so the stack trace has no use
    super(why, null, false, false);
  }
}
