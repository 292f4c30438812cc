package io.rwopguard.cli;

/** Thrown if a command's input is invalid, such as an unknown setting or a missing file. */
final class MisuseException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  MisuseException(String message) {
    super(message);
  }
}
