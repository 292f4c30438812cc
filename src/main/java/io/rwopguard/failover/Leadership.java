package io.rwopguard.failover;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.kube.Election;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Follows the election: whether this replica leads, in which term, and whether it has taken over
 * the failovers of earlier leaders in that term, without which it must not act. The thread of the
 * passes calls all methods, except {@link #hasTakenOver}, {@link #tookOver} and {@link
 * #failedToTakeOver}, which the takeover calls in its lane.
 */
final class Leadership {

  /**
   * A term in which this replica leads.
   *
   * @param number counts the terms of this process. An epoch does not identify a term: a replica
   *     that could not renew its Lease for a while, and then could, leads again in the same epoch,
   *     but has forgotten its failovers
   * @param epoch how often the Lease has changed hands, which the records name
   */
  record Term(long number, long epoch) {}

  private static final Logger LOG = Logger.getLogger(FailoverController.class);

  /** The time after which the leader notices records of others, such as from a late write. */
  private static final long REFRESH = Duration.ofMinutes(1).toNanos();

  private static final Term NONE = new Term(0, -1);

  private final Election election;
  private final FailoverSwitch enabled;
  private final LeadershipEligibility eligibility;
  private boolean leads;
  private long terms;
  private long lastRefresh;
  private volatile Term term = NONE;
  private volatile Term takenOver = NONE;

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
  Term term() {
    return term;
  }

  /** Returns whether this replica leads, and nothing is left to take over. */
  boolean mayAct() {
    return leads && hasTakenOver(term);
  }

  /** Returns whether this replica does not lead, or has not led without a break since it began. */
  boolean isOver() {
    return !election.isLeader() || (leads && election.epoch() != term.epoch());
  }

  /**
   * Ends the term, if there is one.
   *
   * @param forget drops what this replica knew as the leader. If it fails, the next pass repeats it
   */
  void end(Runnable forget) {
    term = NONE;
    eligibility.leadsNoLonger();
    forget.run();
    leads = false;
  }

  /** Begins a term, unless one is in progress. */
  void begin() {
    if (leads) {
      return;
    }
    term = new Term(++terms, election.epoch());
    leads = true;
    if (enabled.isEnforced()) {
      eligibility.takesOver();
    } else {
      // in mode observe, a leader changes nothing, so it has nothing to take over
      takenOver = term;
    }
    LOG.info("This replica leads failover");
  }

  /**
   * Returns whether the records of failovers are to be read: until they have been in this term, and
   * each minute afterwards, which counts from this call.
   */
  boolean isTakeoverDue(long now) {
    if (!enabled.isEnforced() || (hasTakenOver(term) && now - lastRefresh < REFRESH)) {
      return false;
    }
    lastRefresh = now;
    return true;
  }

  /** Returns whether a takeover has succeeded in a term. */
  boolean hasTakenOver(Term in) {
    return !in.equals(NONE) && in.equals(takenOver);
  }

  /** Records that a takeover has succeeded, which may be after the end of its term. */
  void tookOver(Term in) {
    takenOver = in;
    if (in.equals(term)) {
      eligibility.tookOver();
    }
  }

  /** Records that a takeover has failed. */
  void failedToTakeOver(Term in, Throwable why) {
    if (!hasTakenOver(in)) {
      eligibility.failedToTakeOver(why);
    }
  }
}
