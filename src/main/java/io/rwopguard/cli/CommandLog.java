package io.rwopguard.cli;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * Configures the log of a command. Quarkus, which a command does not start, would do so. Without it
 * every line of every level stays in memory, including the client's lines with whole answers of the
 * API server.
 */
final class CommandLog {

  private static final Logger ROOT = Logger.getLogger("");

  /** The client retries what this logger warns about, and the command reports a lasting failure. */
  private static final Logger INFORMERS =
      Logger.getLogger("io.fabric8.kubernetes.client.informers.impl.cache");

  private CommandLog() {}

  /** Sends warnings to standard error, and discards the rest. */
  static void toStandardError() {
    ROOT.setLevel(Level.WARNING);
    INFORMERS.setLevel(Level.SEVERE);
    for (Handler handler : ROOT.getHandlers()) {
      ROOT.removeHandler(handler);
    }
    ROOT.addHandler(
        new ConsoleHandler(
            ConsoleHandler.Target.SYSTEM_ERR, new PatternFormatter("rwop-guard: %s%n")));
  }
}
