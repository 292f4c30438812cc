package io.rwopguard.cli;

/** Defines the exit codes of all commands. A code means the same for each of them. */
final class ExitCodes {

  /** The command completed its work, or found nothing. */
  static final int DONE = 0;

  /** The command found something, refused to act, or did not complete. */
  static final int NOT_DONE = 1;

  /** The command could not read what it needs. */
  static final int NOT_ASKED = 2;

  /** The command line or a setting is wrong: EX_USAGE of sysexits.h. */
  static final int MISUSE = 64;

  static final String HEADING = "%nExit codes:%n";

  static final String NOT_ASKED_TEXT = "2:The cluster is unreachable, or refused a request.";

  static final String MISUSE_TEXT = "64:The command line or a setting is wrong.";

  private ExitCodes() {}
}
