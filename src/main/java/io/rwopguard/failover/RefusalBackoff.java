package io.rwopguard.failover;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Decides when a refusal is evaluated again: less often if it lasts. */
final class RefusalBackoff {

  private static final long AGAIN = Duration.ofSeconds(5).toNanos();
  private static final long LATER = Duration.ofSeconds(30).toNanos();
  private static final Duration LONG = Duration.ofMinutes(2);

  private final Map<String, Long> due = new ConcurrentHashMap<>();

  /** Returns whether an evaluation is due now. If so, it sets the next time. */
  boolean isDue(String what, Duration silence, long now) {
    if (now - due.getOrDefault(what, now) < 0) {
      return false;
    }
    due.put(what, now + (silence.compareTo(LONG) < 0 ? AGAIN : LATER));
    return true;
  }

  /** Forgets what has not been evaluated for long. */
  void forget(long now) {
    due.values().removeIf(at -> now - at > LATER);
  }

  void clear() {
    due.clear();
  }
}
