package io.rwopguard.tracing;

import io.opentelemetry.sdk.trace.IdGenerator;
import io.rwopguard.kube.Hashes;
import java.util.function.Supplier;

/**
 * Creates random IDs, except for spans of something that outlives a process: its trace, and the
 * span of the whole, have IDs that every replica derives from its key.
 */
final class KeyedIds implements IdGenerator {

  private static final int TRACE = 32;
  private static final int SPAN = 16;

  private final IdGenerator random = IdGenerator.random();
  private final ThreadLocal<String> key = new ThreadLocal<>();

  static String traceId(String key) {
    return Hashes.sha256(key).substring(0, TRACE);
  }

  static String spanId(String key) {
    return Hashes.sha256(key).substring(TRACE, TRACE + SPAN);
  }

  /** Starts the span of the whole, with the IDs of this key. */
  <T> T of(String each, Supplier<T> start) {
    key.set(each);
    try {
      return start.get();
    } finally {
      key.remove();
    }
  }

  @Override
  public String generateTraceId() {
    String each = key.get();
    return each == null ? random.generateTraceId() : traceId(each);
  }

  @Override
  public String generateSpanId() {
    String each = key.get();
    return each == null ? random.generateSpanId() : spanId(each);
  }
}
