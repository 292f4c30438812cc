package io.rwopguard.management;

/**
 * Limits the questions to the API server, in number at a time and in number each second. Its caller
 * synchronizes.
 */
final class AskLimit {

  private static final long SECOND = 1_000_000_000L;
  private static final long MOST = 2 * SECOND;

  private final int atOnce;
  private final long cost;

  private int open;

  /**
   * The time, in nanoseconds, that questions may still take up; each takes its part of a second.
   */
  private long budget = MOST;

  private long last;

  /**
   * Creates a limit that nothing has used yet.
   *
   * @param atOnce the number of open questions
   * @param eachSecond the number of questions each second, on average of two seconds
   */
  AskLimit(int atOnce, int eachSecond, long now) {
    this.atOnce = atOnce;
    this.cost = SECOND / eachSecond;
    this.last = now;
  }

  /** Returns whether one more question may be asked now. */
  boolean hasRoom(long now) {
    budget = Math.min(MOST, budget + Math.max(0, now - last));
    last = now;
    return open < atOnce && budget >= cost;
  }

  /** Counts a question for which there is room. After its end, {@link #ended} has to follow. */
  void take() {
    budget -= cost;
    open++;
  }

  void ended() {
    open--;
  }
}
