package io.rwopguard.failover.plan;

import java.time.Duration;

/**
 * Whether the API server answers this replica steadily. Where it does not, a node's silence may be
 * nothing but our own deafness. All times are of {@link System#nanoTime}.
 */
public final class ApiContact {

  /** It is asked every second or two. */
  private static final long RECENT = Duration.ofSeconds(4).toNanos();

  private static final long CALM = Duration.ofSeconds(10).toNanos();
  private static final Duration SLOW = Duration.ofSeconds(1);

  private boolean everAnswered;
  private long lastAnswer;
  private long troubledUntil;

  /** Begins with trouble: who has only just started has not seen calm yet. */
  public ApiContact(long now) {
    troubledUntil = now + CALM;
  }

  /**
   * It answered.
   *
   * @return whether it had not for so long that what was last heard of nodes says nothing any more
   */
  public synchronized boolean answered(long now, Duration took) {
    boolean wasDeaf = !everAnswered || now - lastAnswer > RECENT;
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

  private void trouble(long now) {
    troubledUntil = now + CALM;
  }

  /** Whether it has answered all along for the last ten seconds, and quickly. */
  public synchronized boolean isSteady(long now) {
    return everAnswered && now - lastAnswer <= RECENT && now - troubledUntil >= 0;
  }
}
