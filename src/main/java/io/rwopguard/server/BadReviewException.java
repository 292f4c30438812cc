package io.rwopguard.server;

/** Thrown if a request body is no valid admission review; the message contains the reason. */
final class BadReviewException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String uid;
  private final boolean exceedsLimit;

  /**
   * Creates an exception.
   *
   * @param uid the uid of the request; empty if there is none to answer
   */
  BadReviewException(String uid, String message) {
    this(uid, message, false);
  }

  private BadReviewException(String uid, String message, boolean exceedsLimit) {
    // an error of the sender, not of this program, so the stack is of no use
    super(message, null, false, false);
    this.uid = uid;
    this.exceedsLimit = exceedsLimit;
  }

  /** Creates an exception for a review that may be valid, and that is too large to evaluate. */
  static BadReviewException tooLarge(String message) {
    return new BadReviewException("", message, true);
  }

  /**
   * Returns whether the review is too large to evaluate. It is then not refused, but the webhook
   * fails, so that the failurePolicy of the cluster decides.
   */
  boolean exceedsLimit() {
    return exceedsLimit;
  }

  String uid() {
    return uid;
  }
}
