package io.rwopguard.migration;

/** A move is not made, and this is why. */
public class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says why, and what to do about it. */
  public RefusedException(String why) {
    // an answer and no fault of this program: nobody needs the stack
    super(why, null, false, false);
  }
}
