package io.rwopguard.server.limits;

/** Thrown if a body does not arrive as a whole; the message contains the reason. */
public final class RefusedBodyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The reason. */
  public enum Reason {
    /** The body has more bytes than a review can have. */
    TOO_LARGE,
    /** The body did not arrive in time. */
    LATE,
    /** Too many other bodies are arriving. */
    OVERLOAD,
    /** The caller has gone. */
    GONE
  }

  private final Reason reason;

  RefusedBodyException(Reason reason, String message) {
    // an error of the caller, not of this program, so the stack is of no use
    super(message, null, false, false);
    this.reason = reason;
  }

  /** Returns the reason. */
  public Reason reason() {
    return reason;
  }
}
