package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.Heartbeats.Silence;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.Reachability.Round;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which endpoints are probed next: those least recently probed first, and a node whose
 * renewal is overdue about once a second. A failed probe of a node that renews its Lease is
 * repeated soon: a node that dies before one of its endpoints has answered is only found dead by
 * its condition Ready, half a minute later. The schedule makes no connection. All times are of
 * {@link System#nanoTime}. It is safe for use by several threads.
 */
public final class ProbeSchedule {

  /**
   * The port at which Pods are probed (discard, RFC 863). No process listens there; a refused
   * connection is the answer.
   */
  public static final int DISCARD = 9;

  /** An endpoint of a node. */
  public record Target(String node, Endpoint endpoint) {}

  private record Due(Target target, boolean urgent, long lastBegun) {}

  private static final Comparator<Due> FIRST =
      Comparator.comparing((Due each) -> !each.urgent()).thenComparingLong(Due::lastBegun);

  private static final int PODS_OF_A_NODE = 3;

  /** The number of probes that may be in flight, urgent ones included. */
  static final int IN_FLIGHT = 256;

  /** The number of probes in flight above which a probe that is not urgent has to wait. */
  private static final int USUAL_IN_FLIGHT = 128;

  /** The number of probes started at a time that are not urgent. */
  private static final int AT_A_TIME = 50;

  private final Reachability reachability;
  private final Heartbeats heartbeats;
  private final int suspectPercent;
  private final Map<String, Set<Endpoint>> targets = new HashMap<>();
  private final Map<Target, Long> started = new HashMap<>();
  private final Set<Target> inFlight = new HashSet<>();
  private final Map<String, Long> demanded = new HashMap<>();
  private final ProbeFailures failures = new ProbeFailures();
  private boolean targetsKnown;

  /**
   * Creates a schedule without targets.
   *
   * @param suspectPercent the share of late nodes above which no node is probed more often
   */
  public ProbeSchedule(Reachability reachability, Heartbeats heartbeats, int suspectPercent) {
    this.reachability = reachability;
    this.heartbeats = heartbeats;
    this.suspectPercent = suspectPercent;
  }

  /**
   * Sets what can be probed, by node. For each node, the kubelet and up to three Pods are chosen:
   * first those that answered and were not blocked later, then those that have not failed in the
   * last minutes. The choice for a late node does not change: a Pod that is gone from the API may
   * still run there, and its answer is the evidence for that.
   */
  public synchronized void targets(Map<String, Set<Endpoint>> endpoints, long now) {
    targets.keySet().removeIf(node -> !endpoints.containsKey(node) && !isLate(node, now));
    endpoints.forEach(
        (node, offered) -> {
          boolean keep = isLate(node, now) && !targets.getOrDefault(node, Set.of()).isEmpty();
          if (!keep) {
            targets.put(node, choose(node, offered, now));
          }
        });
    reachability.keepNodes(targets.keySet());
    targets.forEach(reachability::keep);
    started.keySet().removeIf(target -> !isTarget(target) && !inFlight.contains(target));
    // a new one is due now and ages: it comes after those that are overdue, and before the rest
    targets.forEach(
        (node, chosen) ->
            chosen.forEach(
                endpoint ->
                    started.putIfAbsent(new Target(node, endpoint), now - ProbeFailures.USUAL)));
    failures.keep(target -> isTarget(target) || contains(endpoints, target));
    demanded.keySet().retainAll(targets.keySet());
    targetsKnown = true;
  }

  /**
   * Returns whether addresses of a family are probed. Before the first target is set, both may be.
   */
  public synchronized boolean mayProbe(boolean ipv6) {
    List<Endpoint> all = targets.values().stream().flatMap(Set::stream).toList();
    return all.isEmpty() || all.stream().anyMatch(each -> each.isIpv6() == ipv6);
  }

  private boolean isTarget(Target target) {
    return contains(targets, target);
  }

  private static boolean contains(Map<String, Set<Endpoint>> endpoints, Target target) {
    return endpoints.getOrDefault(target.node(), Set.of()).contains(target.endpoint());
  }

  private boolean isLate(String node, long now) {
    return heartbeats.of(node, now).filter(SuspicionThreshold::isOverdue).isPresent();
  }

  private Set<Endpoint> choose(String node, Set<Endpoint> offered, long now) {
    Set<Endpoint> chosen = new LinkedHashSet<>();
    List<Target> pods = new ArrayList<>();
    for (Endpoint endpoint : offered) {
      if (endpoint.port() == DISCARD) {
        pods.add(new Target(node, endpoint));
      } else {
        chosen.add(endpoint);
      }
    }
    pods.sort(
        Comparator.comparing((Target pod) -> !answers(pod))
            .thenComparing(pod -> failures.hasFailed(pod, now))
            // if all of them failed, the same ones are probed again
            .thenComparing(pod -> !isTarget(pod))
            // each gets its turn, however many there are
            .thenComparing(pod -> -failures.sinceLast(pod, now))
            .thenComparing(pod -> pod.endpoint().host()));
    pods.stream().limit(PODS_OF_A_NODE).map(Target::endpoint).forEach(chosen::add);
    // this order also decides which one is probed first
    return Collections.unmodifiableSet(chosen);
  }

  private boolean answers(Target pod) {
    return reachability.hasAnswered(pod.node(), pod.endpoint()) && !failures.isBlocked(pod);
  }

  /**
   * Returns what to probe now. The caller has to call {@link #done} or {@link #notMade} for each.
   */
  public synchronized List<Target> next(long now) {
    Set<String> closer = new HashSet<>();
    for (String node : targets.keySet()) {
      // one that answered lately fails now, so more probes are worthwhile
      if (reachability.isMissed(node, now)) {
        closer.add(node);
      }
    }
    if (heartbeats.areTooManyLate(suspectPercent, now)
        || NodeLimits.tooMany(closer.size(), targets.size(), suspectPercent)) {
      closer.clear();
    } else {
      for (String node : targets.keySet()) {
        if (isLate(node, now)) {
          closer.add(node);
        }
      }
    }
    List<Due> due = new ArrayList<>();
    targets.forEach((node, endpoints) -> addDue(node, endpoints, closer.contains(node), now, due));
    due.sort(FIRST);
    List<Target> next = new ArrayList<>();
    int usual = 0;
    for (Due each : due) {
      int limit = each.urgent() ? IN_FLIGHT : USUAL_IN_FLIGHT;
      if (inFlight.size() >= limit || (!each.urgent() && usual++ >= AT_A_TIME)) {
        break;
      }
      inFlight.add(each.target());
      started.put(each.target(), now);
      next.add(each.target());
    }
    return next;
  }

  private void addDue(
      String node, Set<Endpoint> endpoints, boolean closer, long now, List<Due> due) {
    Long since = demanded.get(node);
    for (Endpoint endpoint : endpoints) {
      Target target = new Target(node, endpoint);
      if (inFlight.contains(target)) {
        continue;
      }
      long before = started.get(target);
      boolean wanted = since != null && before - since < 0;
      if (wanted || now - before >= interval(target, closer, now)) {
        due.add(new Due(target, wanted || closer, before));
      }
    }
  }

  private long interval(Target target, boolean closer, long now) {
    if (closer) {
      return ProbeFailures.CLOSER;
    }
    long interval = failures.interval(target);
    // the node is late together with too many others
    boolean usual = interval != ProbeFailures.USUAL && isLate(target.node(), now);
    return usual ? ProbeFailures.USUAL : interval;
  }

  /** Records the result of a probe that {@link #next} returned. */
  public synchronized void done(Target target, boolean reached, long now) {
    if (inFlight.remove(target) && isTarget(target)) {
      reachability.tried(target.node(), target.endpoint(), reached, started.get(target), now);
      if (reached) {
        failures.answered(target);
      } else {
        failed(target, now);
      }
    }
  }

  /**
   * Records that a probe could not be made. This says nothing about its node, but such a Pod yields
   * to others.
   */
  public synchronized void notMade(Target target, long now) {
    if (inFlight.remove(target) && isTarget(target)) {
      failed(target, now);
    }
  }

  private void failed(Target target, long now) {
    String node = target.node();
    // the interval is doubled only after the close probing has ended
    boolean closer = isLate(node, now) || reachability.isMissed(node, target.endpoint(), now);
    failures.failed(
        target, closer, heartbeats.of(node, now).map(Silence::renewTime).orElse(""), now);
  }

  /**
   * Returns the result of a round of probes of a node in which each started at this time or later.
   * It requests such a round if there was none, and does not wait.
   */
  public synchronized Round round(String node, long since, long now) {
    boolean byPeer =
        heartbeats
            .of(node, now)
            .map(Silence::renewTime)
            .filter(renewTime -> reachability.isReachedByPeer(node, renewTime, now))
            .isPresent();
    Round round =
        byPeer ? Round.REACHED : targetsKnown ? reachability.since(node, since) : Round.NOT_YET;
    if (round == Round.NOT_YET) {
      demanded.merge(node, since, (one, other) -> one - other > 0 ? one : other);
    } else {
      demanded.remove(node);
    }
    return round;
  }
}
