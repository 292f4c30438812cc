package io.rwopguard.tracing;

import java.time.Instant;

/**
 * Starts spans. {@link Tracing} knows this interface instead of its implementation, which would be
 * loaded with all its types.
 */
interface Spans {

  TraceSpan review(String route, CallerContext caller, Instant arrived);

  TraceSpan whole(String name, String key, Instant start);

  TraceSpan part(String name, String key, Instant start);

  /** Exports what is left, for a moment: what a collector has not taken by then is lost. */
  void stop();
}
