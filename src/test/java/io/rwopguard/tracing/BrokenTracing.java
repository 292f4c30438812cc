package io.rwopguard.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Tracing that is on, and fails wherever it can. */
public final class BrokenTracing {

  private static final AtomicInteger FAILURES = new AtomicInteger();

  private BrokenTracing() {}

  /** Tracing whose every other span cannot start, and whose spans fail at everything else. */
  public static Tracing tracing() {
    AtomicInteger starts = new AtomicInteger();
    return of(
        () -> {
          if (starts.getAndIncrement() % 2 == 0) {
            FAILURES.incrementAndGet();
            throw new IllegalStateException("no span");
          }
          return span();
        });
  }

  /** A span that fails at everything. */
  public static TraceSpan span() {
    return RecordedSpan.of(failing(Tracer.class), failing(Span.class));
  }

  /** The number of failures so far. */
  public static int failures() {
    return FAILURES.get();
  }

  private static <T> T failing(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (method.getName().equals("isRecording")) {
                return true;
              }
              FAILURES.incrementAndGet();
              throw new NoClassDefFoundError(method.getName());
            }));
  }

  private interface Start {
    TraceSpan span();
  }

  private static Tracing of(Start start) {
    return new Tracing(
        Optional.of(
            new Spans() {
              @Override
              public TraceSpan review(String route, CallerContext caller, Instant arrived) {
                return start.span();
              }

              @Override
              public TraceSpan whole(String name, String key, Instant at) {
                return start.span();
              }

              @Override
              public TraceSpan part(String name, String key, Instant at) {
                return start.span();
              }

              @Override
              public void stop() {
                throw new IllegalStateException("no end");
              }
            }));
  }
}
