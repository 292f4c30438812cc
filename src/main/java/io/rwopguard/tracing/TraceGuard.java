package io.rwopguard.tracing;

import io.rwopguard.log.RateLimitedLog;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Keeps a failure of tracing from what is traced, which then continues without a span. */
public final class TraceGuard {

  private static final RateLimitedLog FAILED =
      new RateLimitedLog(Logger.getLogger(Tracing.class), "failures of tracing", 5);

  private TraceGuard() {}

  /** Returns the result of work that only traces need, or this instead if it fails. */
  public static <T> T get(Supplier<T> work, T otherwise) {
    try {
      return work.get();
    } catch (RuntimeException | LinkageError e) {
      FAILED.errorf(
          e,
          "tracing failed, and a span is lost. Reviews and failovers continue. Report it with this stack trace; OTEL_SDK_DISABLED=true in extraEnv switches tracing off");
      return otherwise;
    }
  }

  /** Does work that only traces need. */
  public static void run(Runnable work) {
    var unused =
        get(
            () -> {
              work.run();
              return true;
            },
            false);
  }
}
