package io.rwopguard.cli;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** What the program is started for: without arguments it is the service, else a command. */
@QuarkusMain
public final class Main {

  /** The command line is wrong: EX_USAGE of sysexits.h. */
  private static final int USAGE = 64;

  private Main() {}

  public static void main(String... arguments) {
    if (arguments.length == 0) {
      Quarkus.run(arguments);
      return;
    }
    // a command asks and ends: nothing of the service is started for it
    System.exit(run(arguments));
  }

  private static int run(String... arguments) {
    if (arguments.length == 1 && arguments[0].equals(CheckInstallation.NAME)) {
      return CheckInstallation.run();
    }
    System.err.printf(
        "rwop-guard: there is no command \"%s\"; usage: rwop-guard [%s]%n",
        String.join(" ", arguments), CheckInstallation.NAME);
    return USAGE;
  }
}
