package io.rwopguard.failover.plan;

import java.time.Duration;

/**
 * Whether the API server answers this replica steadily. Where it does not, a node's silence may be
 * nothing but our own deafness. All times are of {@link System#nanoTime}.
 */
public final class ApiContact {

  private static final Duration SHORTEST_RECENT = Duration.ofSeconds(4);
  private static final Duration SHORTEST_CALM = Duration.ofSeconds(10);
  private static final Duration SLOW = Duration.ofSeconds(1);

  private final long recent;
  private final long calm;
  private boolean everAnswered;
  private long lastAnswer;
  private long troubledUntil;

  /**
   * Begins with trouble: a replica that has only just started has not seen calm yet.
   *
   * @param askedEvery the time between two questions of a replica that leads; others wait up to 2.2
   *     times as long
   */
  public ApiContact(long now, Duration askedEvery) {
    Duration patience = longer(SHORTEST_RECENT, askedEvery.multipliedBy(3));
    recent = patience.toNanos();
    calm = longer(SHORTEST_CALM, patience.multipliedBy(2)).toNanos();
    troubledUntil = now + calm;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /**
   * It answered.
   *
   * @return whether it had not for so long that what was last heard of nodes says nothing any more
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

  /** It did not. */
  public synchronized void failed(long now) {
    trouble(now);
  }

  /** It could not have been heard for a while, for example because the machine was suspended. */
  public synchronized void interrupted(long now) {
    trouble(now);
  }

  private void trouble(long now) {
    troubledUntil = now + calm;
  }

  /** Whether it has answered all along for the last ten seconds, and quickly. */
  public synchronized boolean isSteady(long now) {
    return everAnswered && now - lastAnswer <= recent && now - troubledUntil >= 0;
  }
}
