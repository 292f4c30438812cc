package io.rwopguard.admission;

/** What was posted cannot be answered as an admission review; its message says why. */
final class BadReviewException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String uid;

  /**
   * @param uid of the request, if there was one to answer, else empty
   */
  BadReviewException(String uid, String message) {
    // a sender's mistake, not a fault of this program: nobody needs the stack
    super(message, null, false, false);
    this.uid = uid;
  }

  String uid() {
    return uid;
  }
}
