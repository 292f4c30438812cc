package io.rwopguard.management;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Limits the questions to the API server that callers cause. What was allowed before has a separate
 * limit. Of the limit for the rest, one address may take a part only. Its caller synchronizes.
 */
final class AskLimits {

  private static final int AT_ONCE = 4;
  private static final int EACH_SECOND = 10;
  private static final int AT_ONCE_OF_ADDRESS = 2;
  private static final int EACH_SECOND_OF_ADDRESS = 3;
  private static final int MOST_ADDRESSES = 1_024;

  /** The number of questions that may be open at a time. */
  static final int OPEN = 2 * AT_ONCE;

  private final AskLimit known;
  private final AskLimit unknown;
  private final Map<String, AskLimit> addresses =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, AskLimit> eldest) {
          return size() > MOST_ADDRESSES;
        }
      };

  AskLimits(long now) {
    known = new AskLimit(AT_ONCE, EACH_SECOND, now);
    unknown = new AskLimit(AT_ONCE, EACH_SECOND, now);
  }

  /** Returns what to run once a question has ended that may be asked now; empty if it may not. */
  Optional<Runnable> admit(boolean isKnown, String address, long now) {
    if (isKnown) {
      return known.admits(now) ? Optional.of(known::ended) : Optional.empty();
    }
    AskLimit own =
        addresses.computeIfAbsent(
            address, any -> new AskLimit(AT_ONCE_OF_ADDRESS, EACH_SECOND_OF_ADDRESS, now));
    if (!own.admits(now)) {
      return Optional.empty();
    }
    if (!unknown.admits(now)) {
      own.ended();
      return Optional.empty();
    }
    return Optional.of(
        () -> {
          own.ended();
          unknown.ended();
        });
  }
}
