package io.rwopguard.failover;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Says when something that was refused is evaluated again: less often when that lasts. */
final class Pace {

  private static final long AGAIN = Duration.ofSeconds(5).toNanos();
  private static final long LATER = Duration.ofSeconds(30).toNanos();
  private static final Duration LONG = Duration.ofMinutes(2);

  private final Map<String, Long> due = new ConcurrentHashMap<>();

  /** Whether it is due now; if so, the next time is later. */
  boolean isDue(String what, Duration silence, long now) {
    if (now - due.getOrDefault(what, now) < 0) {
      return false;
    }
    due.put(what, now + (silence.compareTo(LONG) < 0 ? AGAIN : LATER));
    return true;
  }

  /** Forgets what was last evaluated long ago. */
  void forget(long now) {
    due.values().removeIf(at -> now - at > LATER);
  }

  void clear() {
    due.clear();
  }
}
