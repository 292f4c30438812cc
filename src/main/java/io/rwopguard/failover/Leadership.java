package io.rwopguard.failover;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.kube.Election;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Follows the election: whether this replica leads, in which term, and whether it has taken over
 * the failovers of earlier leaders, without which it must not act.
 */
final class Leadership {

  private static final Logger LOG = Logger.getLogger(FailoverController.class);

  /** The time after which the leader notices records of others, such as from a late write. */
  private static final long REFRESH = Duration.ofMinutes(1).toNanos();

  private static final long NONE = -1;

  private final Election election;
  private final FailoverSwitch enabled;
  private final LeadershipEligibility eligibility;
  private boolean leads;
  private volatile long term = NONE;
  private volatile boolean tookOver;
  private long lastRefresh;

  Leadership(Election election, FailoverSwitch enabled, Clocks clocks) {
    this.election = election;
    this.enabled = enabled;
    this.eligibility = new LeadershipEligibility(clocks.monotonic());
  }

  /** Returns the evaluation of whether this replica can lead. */
  LeadershipEligibility eligibility() {
    return eligibility;
  }

  /** Returns whether a person has paused failover. */
  boolean isPaused() {
    return enabled.isPaused();
  }

  /** Returns the term in which this replica leads. */
  long term() {
    return term;
  }

  /** Returns whether this replica leads, and nothing is left to take over. */
  boolean mayAct() {
    return leads && tookOver;
  }

  /** Returns whether this replica has taken over in its present term. */
  boolean tookOver() {
    return tookOver;
  }

  /** Returns whether another replica leads now, or has led since the last pass. */
  boolean isOver() {
    return !election.isLeader() || (leads && election.epoch() != term);
  }

  /** Ends the term. */
  void end() {
    leads = false;
    term = NONE;
    eligibility.leadsNoLonger();
  }

  /** Begins a term. Returns false if one is in progress. */
  boolean begin() {
    if (leads) {
      return false;
    }
    // in mode observe, a leader changes nothing, so it has nothing to take over
    boolean acts = enabled.isEnforced();
    tookOver = !acts;
    term = election.epoch();
    leads = true;
    if (acts) {
      eligibility.takesOver();
    }
    LOG.info("This replica leads failover");
    return true;
  }

  /** Returns whether the records are to be read now; if so, they are read again in a minute. */
  boolean isTakeoverDue(long now) {
    if (!enabled.isEnforced() || (tookOver && now - lastRefresh < REFRESH)) {
      return false;
    }
    lastRefresh = now;
    return true;
  }

  /** Records that a takeover has succeeded. */
  void tookOver(long inTerm) {
    // this replica may have lost leadership and won it again meanwhile
    tookOver = inTerm == term;
    if (tookOver) {
      eligibility.tookOver();
    }
  }

  /** Records that a takeover has failed. */
  void failedToTakeOver(Throwable why) {
    if (!tookOver) {
      eligibility.failedToTakeOver(why);
    }
  }
}
