package io.rwopguard.server;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts the bodies of requests that are not evaluated. */
@Singleton
final class RejectedBodies {

  /** The reason why a body is not evaluated. */
  enum Reason {
    TOO_LARGE,
    NOT_JSON,
    NOT_A_REVIEW,
    LATE,
    OVERLOAD
  }

  private final Map<Reason, Counter> counters = new EnumMap<>(Reason.class);

  RejectedBodies(MeterRegistry registry) {
    for (Reason reason : Reason.values()) {
      counters.put(
          reason,
          Counter.builder("rwop_guard_rejected_bodies")
              .description("Bodies of requests that were not evaluated")
              .tag("reason", reason.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
  }

  void count(Reason reason) {
    counters.get(reason).increment();
  }
}
