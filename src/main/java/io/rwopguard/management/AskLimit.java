package io.rwopguard.management;

/**
 * Limits the questions to the API server, in number at a time and in number each second. Its caller
 * synchronizes.
 */
final class AskLimit {

  private static final long SECOND = 1_000_000_000L;

  private final int atOnce;
  private final int eachSecond;
  private final long most;

  private int open;

  /**
   * The time, in nanoseconds, that questions may still take up; each takes its part of a second.
   */
  private long budget;

  private long last;

  /**
   * Creates a limit that nothing has used yet.
   *
   * @param atOnce the number of open questions
   * @param eachSecond the number of questions each second, on average of two seconds
   */
  AskLimit(int atOnce, int eachSecond, long now) {
    this.atOnce = atOnce;
    this.eachSecond = eachSecond;
    this.most = 2 * SECOND;
    this.budget = most;
    this.last = now;
  }

  /** Returns whether one more question may be asked now. If so, {@link #ended} has to follow. */
  boolean admits(long now) {
    budget = Math.min(most, budget + Math.max(0, now - last));
    last = now;
    long cost = SECOND / eachSecond;
    if (open >= atOnce || budget < cost) {
      return false;
    }
    budget -= cost;
    open++;
    return true;
  }

  void ended() {
    open--;
  }
}
