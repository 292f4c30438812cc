package io.rwopguard.migration.fleet;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;

/**
 * The time of day at which migrations may start. A window that ends before it begins spans
 * midnight.
 *
 * @param from when it opens
 * @param to when it closes
 */
public record Window(LocalTime from, LocalTime to) {

  /**
   * Parses a window such as {@code 01:00-05:00}.
   *
   * @throws IllegalArgumentException if the text has another format, or both times are equal
   */
  public static Window parse(String text) {
    String[] times = text.split("-", -1);
    try {
      if (times.length == 2) {
        Window window = new Window(LocalTime.parse(times[0]), LocalTime.parse(times[1]));
        if (!window.from().equals(window.to())) {
          return window;
        }
      }
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(wrong(text), e);
    }
    throw new IllegalArgumentException(wrong(text));
  }

  private static String wrong(String text) {
    return "invalid window \"%s\": write two different times of day, such as 01:00-05:00"
        .formatted(text);
  }

  /** Returns the time until the window opens; zero if it is open. */
  public Duration untilOpen(LocalTime now) {
    return isOpen(now) ? Duration.ZERO : until(now, from);
  }

  /** Returns the time until the window closes; zero if it is closed. */
  public Duration untilClosed(LocalTime now) {
    return isOpen(now) ? until(now, to) : Duration.ZERO;
  }

  private boolean isOpen(LocalTime now) {
    boolean afterOpening = !now.isBefore(from);
    boolean beforeClosing = now.isBefore(to);
    return from.isBefore(to) ? afterOpening && beforeClosing : afterOpening || beforeClosing;
  }

  private static Duration until(LocalTime now, LocalTime then) {
    Duration until = Duration.between(now, then);
    return until.isNegative() ? until.plusDays(1) : until;
  }

  @Override
  public String toString() {
    return from + "-" + to;
  }
}
