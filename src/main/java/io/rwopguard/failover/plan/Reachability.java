package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What came of connecting to nodes and to Pods on them. That nothing answers only says something of
 * what did answer shortly before: a network policy may be in the way for good. All times are of
 * {@link System#nanoTime}.
 */
public final class Reachability {

  /** What can be said of a node. */
  public enum Sign {
    /** Something on it answered just now. */
    REACHED,
    /** What answered within the minute before does not any more. */
    UNREACHABLE,
    /** Nothing that says either. */
    UNKNOWN
  }

  private static final long FRESH = Duration.ofSeconds(5).toNanos();
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final int FAILURES = 2;
  private static final long SPAN = Duration.ofMillis(1500).toNanos();

  private record Trial(long lastTried, boolean ever, long lastReached, int failures, long first) {

    Trial reached(long now) {
      return new Trial(now, true, now, 0, 0);
    }

    Trial failed(long now) {
      return new Trial(now, ever, lastReached, failures + 1, failures == 0 ? now : first);
    }

    boolean answers(long now) {
      return ever && failures == 0 && now - lastReached <= FRESH;
    }

    /** Whether it answered in the minute before it failed, and has failed often enough since. */
    boolean fellSilent(long now) {
      return ever
          && failures >= FAILURES
          && first - lastReached <= MINUTE
          && lastTried - first >= SPAN
          && now - lastTried <= FRESH;
    }

    /** Whether it has answered lately, so that its silence would mean something. */
    boolean counts() {
      return ever && (failures == 0 || first - lastReached <= MINUTE);
    }
  }

  private static final Trial NONE = new Trial(0, false, 0, 0, 0);

  private final Map<String, Map<Endpoint, Trial>> trials = new ConcurrentHashMap<>();

  /** A connection was made, or refused by who is there; or nobody answered. */
  public void tried(String node, Endpoint endpoint, boolean reached, long now) {
    trials
        .computeIfAbsent(node, name -> new ConcurrentHashMap<>())
        .compute(
            endpoint,
            (key, before) -> {
              Trial trial = before == null ? NONE : before;
              return reached ? trial.reached(now) : trial.failed(now);
            });
  }

  /** Forgets what is no longer there. */
  public void keep(String node, Set<Endpoint> endpoints) {
    Map<Endpoint, Trial> known = trials.get(node);
    if (known != null) {
      known.keySet().retainAll(endpoints);
    }
  }

  /** Forgets nodes that are no longer there, or of no interest. */
  public void keepNodes(Set<String> nodes) {
    trials.keySet().retainAll(nodes);
  }

  /** What can be said of a node now. */
  public Sign of(String node, long now) {
    Collection<Trial> known = trials.getOrDefault(node, Map.of()).values();
    if (known.stream().anyMatch(trial -> trial.answers(now))) {
      return Sign.REACHED;
    }
    boolean all = known.stream().filter(Trial::counts).allMatch(trial -> trial.fellSilent(now));
    return all && known.stream().anyMatch(Trial::counts) ? Sign.UNREACHABLE : Sign.UNKNOWN;
  }
}
