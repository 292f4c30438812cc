package io.rwopguard.server;

/** Thrown if a request body is no valid admission review; the message contains the reason. */
final class BadReviewException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String uid;

  /**
   * Creates an exception.
   *
   * @param uid the uid of the request; empty if there is none to answer
   */
  BadReviewException(String uid, String message) {
    // an error of the sender, not of this program, so the stack is of no use
    super(message, null, false, false);
    this.uid = uid;
  }

  String uid() {
    return uid;
  }
}
