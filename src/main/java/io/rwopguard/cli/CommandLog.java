package io.rwopguard.cli;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * What is logged while a command runs. Quarkus, which is not started then, would set that up; until
 * it does, every line of every level is kept in memory, the client's with whole answers of the API
 * server.
 */
final class CommandLog {

  private static final Logger ROOT = Logger.getLogger("");

  /** What it warns of is tried again, and said by the command where it does not help. */
  private static final Logger INFORMERS =
      Logger.getLogger("io.fabric8.kubernetes.client.informers.impl.cache");

  private CommandLog() {}

  /** Sends warnings to standard error, and forgets the rest. */
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
