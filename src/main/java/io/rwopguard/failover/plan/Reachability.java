package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Holds the results of probes, which connect to nodes and to Pods on them. Missing evidence is
 * never evidence of death: an endpoint counts as failed only after several failed probes in a row.
 * An endpoint that already failed while its node still renewed its Lease proves nothing, because a
 * network policy may block it. All times are of {@link System#nanoTime}.
 */
public final class Reachability {

  /** The findings of the probes of a node that stopped renewing its Lease. */
  public enum Sign {
    /** An endpoint answered after the last renewal, or a moment ago, and has not failed since. */
    REACHED,
    /**
     * Every endpoint failed. One of them answered shortly before it failed, which was after the
     * last renewal.
     */
    UNREACHABLE,
    /** No endpoint can be reached, and none could be reached shortly before. */
    MUTE,
    /** There are too few probes, or they are too old, to decide. */
    UNKNOWN
  }

  /** The result of one round of probes of a node. */
  public enum Round {
    /** Some probe of this round has not ended. */
    NOT_YET,
    /** An endpoint answered. */
    REACHED,
    /** Every endpoint was probed and none answered. */
    UNREACHED
  }

  /** The number of probes in a row that have to fail before an endpoint counts as failed. */
  static final int FAILURES = 3;

  /** The shortest time that these failed probes have to span. */
  static final long SPAN = Duration.ofSeconds(5).toNanos();

  /** The age above which results no longer describe the present. */
  private static final long FRESH = Duration.ofSeconds(5).toNanos();

  /**
   * The longest time between the last answer of an endpoint and its first failure for it to count
   * as missed.
   */
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  /**
   * The tolerance for a node that renews its Lease and dies before the renewal is observed: a probe
   * at that moment fails.
   */
  private static final long LATENCY = Duration.ofSeconds(3).toNanos();

  private record Trial(
      boolean tried,
      boolean ever,
      long lastBegun,
      long lastEnded,
      long lastReached,
      int failures,
      long firstFailure) {

    Trial reached(long started, long ended) {
      return new Trial(true, true, started, ended, started, 0, 0);
    }

    Trial failed(long started, long ended) {
      return new Trial(
          true,
          ever,
          started,
          ended,
          lastReached,
          failures + 1,
          failures == 0 ? started : firstFailure);
    }

    /** Returns whether enough probes in a row failed. */
    boolean hasFailed() {
      return failures >= FAILURES && lastEnded - firstFailure >= SPAN;
    }

    boolean isFresh(long now) {
      return now - lastEnded <= FRESH;
    }

    boolean answers(long silentSince, long now) {
      return ever
          && !hasFailed()
          && (lastReached - silentSince >= 0 || (failures == 0 && isFresh(now)));
    }

    /** Returns whether it answered shortly before it failed, and failed after the last renewal. */
    boolean fellSilent(long silentSince) {
      return ever
          && firstFailure - lastReached <= MINUTE
          && firstFailure - silentSince + LATENCY >= 0;
    }

    /**
     * Returns whether it answered within the last minute before the failures that last until now.
     * An endpoint that can no longer be probed does not count as missed forever.
     */
    boolean isMissed(long now) {
      return ever
          && failures > 0
          && firstFailure - lastReached <= MINUTE
          && now - firstFailure <= MINUTE
          && !hasFailed();
    }
  }

  /** The time for which the report of another replica holds, by the clock of the reader. */
  private static final long PEER_FRESH = Duration.ofSeconds(10).toNanos();

  /**
   * The report of another replica that it reaches a node.
   *
   * @param renewTime the last renewal of the node's Lease, which tells this silence from others
   */
  private record Report(String renewTime, long seen) {}

  private static final Trial NONE = new Trial(false, false, 0, 0, 0, 0, 0);

  private final Map<String, Map<Endpoint, Trial>> trials = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Report>> reports = new ConcurrentHashMap<>();

  /** Records a probe that took no time. */
  public void tried(String node, Endpoint endpoint, boolean reached, long now) {
    tried(node, endpoint, reached, now, now);
  }

  /**
   * Records the result of a probe.
   *
   * @param reached whether a connection was established, or refused by the host that has the
   *     address
   */
  public void tried(String node, Endpoint endpoint, boolean reached, long started, long ended) {
    trials
        .computeIfAbsent(node, name -> new ConcurrentHashMap<>())
        .compute(
            endpoint,
            (key, before) -> {
              Trial trial = before == null ? NONE : before;
              return reached ? trial.reached(started, ended) : trial.failed(started, ended);
            });
  }

  /** Records that another replica reaches a node that last renewed its Lease at this time. */
  public void reachedByPeer(String peer, String node, String renewTime, long seen) {
    Map<String, Report> maxPerNodePerHour =
        reports.computeIfAbsent(node, name -> new ConcurrentHashMap<>());
    // a replica that has restarted has another name
    maxPerNodePerHour.values().removeIf(report -> seen - report.seen() > PEER_FRESH);
    maxPerNodePerHour.put(peer, new Report(renewTime, seen));
  }

  /** Records that another replica no longer reaches a node that it had reached. */
  public void lostByPeer(String peer, String node) {
    Map<String, Report> maxPerNodePerHour = reports.get(node);
    if (maxPerNodePerHour != null) {
      maxPerNodePerHour.remove(peer);
    }
  }

  /** Returns whether another replica reaches a node that last renewed its Lease at this time. */
  public boolean isReachedByPeer(String node, String renewTime, long now) {
    return reports.getOrDefault(node, Map.of()).values().stream()
        .anyMatch(
            report -> report.renewTime().equals(renewTime) && now - report.seen() <= PEER_FRESH);
  }

  /** Sets the endpoints of a node and forgets all others of that node. */
  public void keep(String node, Set<Endpoint> endpoints) {
    Map<Endpoint, Trial> known = trials.computeIfAbsent(node, name -> new ConcurrentHashMap<>());
    endpoints.forEach(endpoint -> known.putIfAbsent(endpoint, NONE));
    known.keySet().retainAll(endpoints);
  }

  /** Forgets all nodes but these. */
  public void keepNodes(Set<String> nodes) {
    trials.keySet().retainAll(nodes);
  }

  /** Returns whether an endpoint has ever answered. */
  boolean hasAnswered(String node, Endpoint endpoint) {
    return of(node, endpoint).ever();
  }

  /** Returns whether an endpoint that answered within the last minute fails now. */
  boolean isMissed(String node, Endpoint endpoint, long now) {
    return of(node, endpoint).isMissed(now);
  }

  /** Returns whether an endpoint of this node that answered within the last minute fails now. */
  boolean isMissed(String node, long now) {
    for (Trial trial : trials.getOrDefault(node, Map.of()).values()) {
      if (trial.isMissed(now)) {
        return true;
      }
    }
    return false;
  }

  private Trial of(String node, Endpoint endpoint) {
    return trials.getOrDefault(node, Map.of()).getOrDefault(endpoint, NONE);
  }

  /**
   * Evaluates the probes of a node.
   *
   * @param silentSince the time of the node's last renewal of its Lease
   */
  public Sign of(String node, long silentSince, long now) {
    Collection<Trial> known = trials.getOrDefault(node, Map.of()).values();
    if (known.stream().anyMatch(trial -> trial.answers(silentSince, now))) {
      return Sign.REACHED;
    }
    if (!known.stream().allMatch(trial -> trial.hasFailed() && trial.isFresh(now))) {
      return Sign.UNKNOWN;
    }
    return known.stream().anyMatch(trial -> trial.fellSilent(silentSince))
        ? Sign.UNREACHABLE
        : Sign.MUTE;
  }

  /** Evaluates those probes of a node that started at this time or later. */
  public Round since(String node, long since) {
    Collection<Trial> known = trials.getOrDefault(node, Map.of()).values();
    if (known.stream().anyMatch(trial -> trial.ever() && trial.lastReached() - since >= 0)) {
      return Round.REACHED;
    }
    return known.stream().allMatch(trial -> trial.tried() && trial.lastBegun() - since >= 0)
        ? Round.UNREACHED
        : Round.NOT_YET;
  }
}
