package io.rwopguard.management;

/**
 * The answer to the question whether the holder of a token may get a path.
 *
 * @param user the name of the user, empty unless the token is valid
 */
record Decision(Outcome outcome, String user) {

  /** The kinds of answers. */
  enum Outcome {
    /** The user may get the path. */
    ALLOWED,
    /** The API server does not know the token. */
    UNAUTHENTICATED,
    /** The user may not get the path. */
    FORBIDDEN,
    /** The API server could not be asked. */
    UNAVAILABLE,
    /** Too many questions are open or were asked lately. */
    BUSY
  }

  static final Decision UNAUTHENTICATED = new Decision(Outcome.UNAUTHENTICATED, "");
  static final Decision UNAVAILABLE = new Decision(Outcome.UNAVAILABLE, "");
  static final Decision BUSY = new Decision(Outcome.BUSY, "");

  static Decision allowed(String user) {
    return new Decision(Outcome.ALLOWED, user);
  }

  static Decision forbidden(String user) {
    return new Decision(Outcome.FORBIDDEN, user);
  }
}
