package io.rwopguard.simulation;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Keeps the controller's log from the console, and notes the failures that it only logs. */
final class Logs implements AutoCloseable {

  private static final String CONTROLLER = "io.rwopguard";

  private final Logger logger = Logger.getLogger(CONTROLLER);

  /** Tells of unexpected failures at this level only. */
  private final Logger lanes = Logger.getLogger(CONTROLLER + ".failover.Lanes");

  private final Level before = logger.getLevel();
  private final boolean parents = logger.getUseParentHandlers();
  private Throwable failure;

  private static boolean isExpected(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof Replica.Crashed || thrown instanceof KubernetesClientException;
  }

  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord log) {
          if (log.getThrown() != null && !isExpected(log.getThrown())) {
            failure = log.getThrown();
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  Logs() {
    logger.setLevel(Level.SEVERE);
    lanes.setLevel(Level.FINE);
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
  }

  /** Returns the last failure that was logged since, or null. */
  Throwable takeFailure() {
    Throwable taken = failure;
    failure = null;
    return taken;
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(parents);
    logger.setLevel(before);
    lanes.setLevel(null);
  }
}
