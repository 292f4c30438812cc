package io.rwopguard.failover.plan;

import java.time.Duration;

/**
 * Tracks whether the API server answers this replica steadily. If it does not, missing renewals of
 * a node may only mean that this replica cannot receive them. All times are of {@link
 * System#nanoTime}.
 */
public final class ApiServerHealth {

  private static final Duration SHORTEST_RECENT = Duration.ofSeconds(4);
  private static final Duration SHORTEST_CALM = Duration.ofSeconds(10);
  private static final Duration SLOW = Duration.ofSeconds(1);

  private final long recent;
  private final long calm;
  private boolean everAnswered;
  private long lastAnswer;
  private long troubledUntil;

  /**
   * Starts unsteady: a new replica has not observed a calm period yet.
   *
   * @param askedEvery the time between two requests of a replica that leads; others wait up to 2.2
   *     times as long
   */
  public ApiServerHealth(long now, Duration askedEvery) {
    Duration patience = longer(SHORTEST_RECENT, askedEvery.multipliedBy(3));
    recent = patience.toNanos();
    calm = longer(SHORTEST_CALM, patience.multipliedBy(2)).toNanos();
    troubledUntil = now + calm;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /**
   * Records that the API server answered.
   *
   * @return whether it had not answered for so long that the last known renewals of nodes say
   *     nothing
   */
  public synchronized boolean answered(long now, Duration took) {
    boolean wasDeaf = !everAnswered || now - lastAnswer > recent;
    if (wasDeaf || took.compareTo(SLOW) > 0) {
      trouble(now);
    }
    everAnswered = true;
    lastAnswer = now;
    return wasDeaf;
  }

  /** Records that the API server did not answer. */
  public synchronized void failed(long now) {
    trouble(now);
  }

  /**
   * Records that no answer could be received for a while, for example because the machine was
   * suspended.
   */
  public synchronized void interrupted(long now) {
    trouble(now);
  }

  private void trouble(long now) {
    troubledUntil = now + calm;
  }

  /**
   * Returns whether the API server has answered quickly and without a failure for at least ten
   * seconds.
   */
  public synchronized boolean isSteady(long now) {
    return everAnswered && now - lastAnswer <= recent && now - troubledUntil >= 0;
  }
}
