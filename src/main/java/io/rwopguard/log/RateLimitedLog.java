package io.rwopguard.log;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Logs lines of one kind, up to a number of them a minute. Every Pod may call the service, and must
 * not be able to fill the log. The omitted lines are counted, and the count is logged at the end of
 * the minute.
 */
public final class RateLimitedLog {

  private final Logger log;
  private final String lines;
  private final int most;
  private final Executor minuteLater;
  private int logged;
  private long omitted;

  /**
   * Creates a log of lines of one kind.
   *
   * @param lines what the lines are about, in the plural, for the line about omitted ones
   * @param most the number of lines to log in a minute
   */
  public RateLimitedLog(Logger log, String lines, int most) {
    this(log, lines, most, CompletableFuture.delayedExecutor(1, TimeUnit.MINUTES));
  }

  RateLimitedLog(Logger log, String lines, int most, Executor minuteLater) {
    this.log = log;
    this.lines = lines;
    this.most = most;
    this.minuteLater = minuteLater;
  }

  /** Logs a line as information, unless there were too many lately. */
  public void infof(String format, Object... arguments) {
    if (admits()) {
      log.infof(format, arguments);
    }
  }

  /** Logs a line as a warning, unless there were too many lately. */
  public void warnf(String format, Object... arguments) {
    if (admits()) {
      log.warnf(format, arguments);
    }
  }

  /** Logs a line as an error with its cause, unless there were too many lately. */
  public void errorf(Throwable cause, String format, Object... arguments) {
    if (admits()) {
      log.errorf(cause, format, arguments);
    }
  }

  private synchronized boolean admits() {
    if (logged == 0) {
      minuteLater.execute(this::endMinute);
    }
    if (logged == most) {
      omitted++;
      return false;
    }
    logged++;
    return true;
  }

  private void endMinute() {
    long more;
    synchronized (this) {
      more = omitted;
      logged = 0;
      omitted = 0;
    }
    if (more > 0) {
      log.warnf("%d more %s in the last minute", more, lines);
    }
  }
}
