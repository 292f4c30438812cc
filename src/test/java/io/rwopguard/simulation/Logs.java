package io.rwopguard.simulation;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Keeps the controller's log from the console, and notes the failures that it only logs. Schedules
 * run on several threads, each with separate failures.
 */
final class Logs implements AutoCloseable {

  private static final String CONTROLLER = "io.rwopguard";
  private static final Logger LOGGER = Logger.getLogger(CONTROLLER);

  /** Tells of unexpected failures at this level only. */
  private static final Logger LANES = Logger.getLogger(CONTROLLER + ".failover.Lanes");

  private static final ThreadLocal<Throwable> FAILURE = new ThreadLocal<>();
  private static final Handler HANDLER =
      new Handler() {
        @Override
        public void publish(LogRecord log) {
          if (log.getThrown() != null && !isExpected(log.getThrown())) {
            FAILURE.set(log.getThrown());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private static int open;
  private static Level before;
  private static boolean parents;

  private static boolean isExpected(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof Replica.Crashed || thrown instanceof KubernetesClientException;
  }

  Logs() {
    FAILURE.remove();
    attach();
  }

  private static synchronized void attach() {
    if (open++ == 0) {
      before = LOGGER.getLevel();
      parents = LOGGER.getUseParentHandlers();
      LOGGER.setLevel(Level.SEVERE);
      LANES.setLevel(Level.FINE);
      LOGGER.setUseParentHandlers(false);
      LOGGER.addHandler(HANDLER);
    }
  }

  private static synchronized void detach() {
    if (--open == 0) {
      LOGGER.removeHandler(HANDLER);
      LOGGER.setUseParentHandlers(parents);
      LOGGER.setLevel(before);
      LANES.setLevel(null);
    }
  }

  /** Returns the last failure that this thread has logged since, or null. */
  Throwable takeFailure() {
    Throwable taken = FAILURE.get();
    FAILURE.remove();
    return taken;
  }

  @Override
  public void close() {
    detach();
  }
}
