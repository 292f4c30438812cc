package io.rwopguard.tracing;

import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * A span of a trace, or {@link #NONE}, which records nothing and costs nothing. It hides the types
 * of OpenTelemetry, whose classes are not loaded while tracing is off.
 */
public abstract class TraceSpan {

  /** A span that is not recorded. */
  public static final TraceSpan NONE = new Unrecorded();

  private static final ThreadLocal<TraceSpan> CURRENT = new ThreadLocal<>();

  TraceSpan() {}

  /** Returns the span within which this thread works. */
  public static TraceSpan current() {
    TraceSpan span = CURRENT.get();
    return span == null ? NONE : span;
  }

  /** Returns whether attributes of the span have an effect. */
  public boolean isRecorded() {
    return this != NONE;
  }

  /** Does this work within the span, and returns its result. */
  public final <T> T within(Supplier<T> work) {
    if (!isRecorded()) {
      return work.get();
    }
    TraceSpan before = current();
    CURRENT.set(this);
    try {
      return work.get();
    } finally {
      if (before.isRecorded()) {
        CURRENT.set(before);
      } else {
        CURRENT.remove();
      }
    }
  }

  /** Does this work within the span. */
  public final void within(Runnable work) {
    Object unused =
        within(
            () -> {
              work.run();
              return this;
            });
  }

  /** Starts a span for a request that this one sends. */
  public abstract TraceSpan request(String name);

  /** Adds an attribute, unless its value is empty. */
  public abstract TraceSpan with(String key, String value);

  /** Adds an attribute. */
  public abstract TraceSpan with(String key, long value);

  /** Adds an attribute. */
  public abstract TraceSpan with(String key, boolean value);

  /** Adds an attribute, unless it has no value. */
  public abstract TraceSpan with(String key, List<String> values);

  /** Marks the span as failed. */
  public abstract TraceSpan failed(String type);

  /** Ends the span now. */
  public abstract void end();

  /** Ends the span at a time. */
  public abstract void end(Instant at);

  private static final class Unrecorded extends TraceSpan {

    @Override
    public TraceSpan request(String name) {
      return this;
    }

    @Override
    public TraceSpan with(String key, String value) {
      return this;
    }

    @Override
    public TraceSpan with(String key, long value) {
      return this;
    }

    @Override
    public TraceSpan with(String key, boolean value) {
      return this;
    }

    @Override
    public TraceSpan with(String key, List<String> values) {
      return this;
    }

    @Override
    public TraceSpan failed(String type) {
      return this;
    }

    @Override
    public void end() {
      // nothing was started
    }

    @Override
    public void end(Instant at) {
      // nothing was started
    }
  }
}
