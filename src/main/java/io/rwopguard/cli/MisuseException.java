package io.rwopguard.cli;

/** What is asked for cannot be meant: a setting that is none, a file that is not there. */
final class MisuseException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  MisuseException(String message) {
    super(message);
  }
}
