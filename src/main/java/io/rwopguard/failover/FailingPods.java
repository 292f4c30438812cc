package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.Failover;
import io.rwopguard.failover.FailoverEvents.About;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodPlace;
import io.rwopguard.workload.ObjectKey;
import io.rwopguard.workload.PodAnnotations;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Pods that fail again and again on a node that is fine. Another node would rarely help, so they
 * are only told of; one whose author asks for it is deleted, in its own time, less and less often.
 */
final class FailingPods {

  private static final int MOST_DOUBLINGS = 6;

  /** Between two restarts a container runs for a moment. */
  private static final long CALM = Duration.ofMinutes(2).toNanos();

  private static final class Failing {
    private final long since;
    private long last;
    private boolean told;

    Failing(long since) {
      this.since = since;
      this.last = since;
    }
  }

  private final FailoverObjects objects;
  private final Inventory inventory;
  private final EventSink events;
  private final FailoverMetrics metrics;
  private final Duration reportAfter;
  private final Duration deleteAfter;
  private final boolean acts;
  private final Map<String, Failing> failing = new HashMap<>();
  private final Map<String, Integer> deletions = new HashMap<>();

  FailingPods(
      FailoverObjects objects,
      Inventory inventory,
      EventSink events,
      FailoverMetrics metrics,
      Failover.FailingPods settings,
      boolean acts) {
    this.objects = objects;
    this.inventory = inventory;
    this.events = events;
    this.metrics = metrics;
    this.reportAfter = settings.reportAfter();
    this.deleteAfter = settings.deleteAfter();
    this.acts = acts;
  }

  /** Looks at the Pods of exclusive claims on nodes that are fine. */
  void look(Collection<ClaimUser> pods, long now) {
    Set<String> there = new HashSet<>();
    for (ClaimUser pod : pods) {
      PodPlace place = pod.place().orElseThrow();
      there.add(place.uid());
      Failing known = failing.get(place.uid());
      if (place.failing() && !place.beingDeleted()) {
        if (known == null) {
          known = new Failing(now);
          failing.put(place.uid(), known);
        }
        known.last = now;
        fails(pod, known, now);
      } else if (known != null && now - known.last > CALM) {
        failing.remove(place.uid());
      }
    }
    failing.keySet().retainAll(there);
  }

  private void fails(ClaimUser pod, Failing known, long now) {
    Duration taken = Duration.ofNanos(now - known.since);
    if (taken.compareTo(reportAfter) >= 0) {
      if (!known.told) {
        metrics.failing();
      }
      known.told = true;
      tell(
          pod,
          "PodKeepsFailing",
          "it has been failing for more than %d minutes on node %s, which is fine, so it is left there; kubectl logs --previous tells why"
              .formatted(Math.max(1, reportAfter.toMinutes()), pod.place().orElseThrow().node()));
    }
    String workload = workload(pod);
    int before = deletions.getOrDefault(workload, 0);
    Duration due = deleteAfter.multipliedBy(1L << Math.min(before, MOST_DOUBLINGS));
    if (acts && taken.compareTo(due) >= 0 && asksForIt(pod)) {
      PodPlace place = pod.place().orElseThrow();
      if (objects.delete(pod.key().namespace(), pod.key().name(), place.uid())) {
        deletions.put(workload, before + 1);
        failing.remove(place.uid());
        tell(
            pod,
            "PodDeleted",
            "deleted since it kept failing for %d minutes and is annotated %s; next time after %d"
                .formatted(
                    taken.toMinutes(), PodAnnotations.DELETE_WHEN_FAILING, due.toMinutes() * 2));
      }
    }
  }

  private static String workload(ClaimUser pod) {
    return pod.key().namespace()
        + "/"
        + pod.controller().map(Object::toString).orElse(pod.key().name());
  }

  private boolean asksForIt(ClaimUser pod) {
    ObjectKey key = pod.key();
    return pod.controller().isPresent()
        && PodFactsReader.isOptedIn(key.namespace(), inventory)
        && objects
            .object(key)
            .map(
                json ->
                    json.path("metadata")
                        .path("annotations")
                        .path(PodAnnotations.DELETE_WHEN_FAILING))
            .map(JsonNode::asText)
            .filter("true"::equals)
            .isPresent();
  }

  private void tell(ClaimUser pod, String reason, String message) {
    events.say(
        About.pod(pod.key().namespace(), pod.key().name(), pod.place().orElseThrow().uid()),
        true,
        reason,
        message);
  }
}
