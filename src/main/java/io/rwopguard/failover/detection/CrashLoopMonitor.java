package io.rwopguard.failover.detection;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.FailoverConfig;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.cluster.OptedIn;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.PodAnnotations;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Reports Pods that keep failing on a healthy node, where another node would rarely help. It
 * deletes such a Pod only if its author asks for that. The interval doubles with each deletion, up
 * to a limit.
 */
public final class CrashLoopMonitor {

  private static final int MOST_DOUBLINGS = 6;

  /** The time after which a Pod has recovered: a container runs briefly between two restarts. */
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

  private final FailoverStore objects;
  private final Inventory inventory;
  private final EventSink events;
  private final FailoverMetrics metrics;
  private final Duration reportAfter;
  private final Duration deleteAfter;
  private final BooleanSupplier mayDelete;
  private final StorageStalls stalls;
  private final Map<String, Failing> failing = new HashMap<>();
  private final Map<String, Integer> deletions = new HashMap<>();

  /**
   * Prepares the evaluation.
   *
   * @param mayDelete whether failover acts and is not paused; evaluated before each deletion
   */
  public CrashLoopMonitor(
      FailoverStore objects,
      Inventory inventory,
      EventSink events,
      FailoverMetrics metrics,
      FailoverConfig.FailingPods settings,
      BooleanSupplier mayDelete) {
    this.objects = objects;
    this.inventory = inventory;
    this.events = events;
    this.metrics = metrics;
    this.reportAfter = settings.reportAfter();
    this.deleteAfter = settings.deleteAfter();
    this.mayDelete = mayDelete;
    this.stalls = new StorageStalls(inventory, events, metrics);
  }

  /**
   * Evaluates the Pods of exclusive claims on healthy nodes. A Pod that may not be read or deleted
   * does not stop the reports on the others.
   */
  public void look(Collection<ClaimConsumer> pods, long now) {
    stalls.look(pods, now);
    Set<String> there = new HashSet<>();
    RuntimeException failure = null;
    for (ClaimConsumer pod : pods) {
      PodStatus place = pod.place().orElseThrow();
      there.add(place.uid());
      Failing known = failing.get(place.uid());
      if (place.failing() && !place.beingDeleted()) {
        if (known == null) {
          known = new Failing(now);
          failing.put(place.uid(), known);
        }
        known.last = now;
        try {
          fails(pod, known, now);
        } catch (NotLeaderException e) {
          throw e;
        } catch (RuntimeException e) {
          failure = e;
        }
      } else if (known != null && now - known.last > CALM) {
        failing.remove(place.uid());
      }
    }
    failing.keySet().retainAll(there);
    if (failure != null) {
      throw failure;
    }
  }

  private void fails(ClaimConsumer pod, Failing known, long now) {
    Duration taken = Duration.ofNanos(now - known.since);
    if (taken.compareTo(reportAfter) >= 0) {
      if (!known.told) {
        metrics.failing();
      }
      known.told = true;
      tell(
          pod,
          "PodKeepsFailing",
          "the Pod has been failing for more than %d minutes on node %s. The node is healthy, so the Pod is not moved. Check kubectl logs --previous"
              .formatted(Math.max(1, reportAfter.toMinutes()), pod.place().orElseThrow().node()));
    }
    String workload = workload(pod);
    int before = deletions.getOrDefault(workload, 0);
    Duration due = deleteAfter.multipliedBy(1L << Math.min(before, MOST_DOUBLINGS));
    if (taken.compareTo(due) < 0 || stalls.concern(pod) || !mayDelete.getAsBoolean()) {
      return;
    }
    PodStatus place = pod.place().orElseThrow();
    Optional<JsonNode> live = toBeDeleted(pod, place);
    if (live.isPresent() && mayDelete.getAsBoolean()) {
      if (objects.delete(Resources.of(Kind.POD), live.get())) {
        deletions.put(workload, before + 1);
        failing.remove(place.uid());
        tell(
            pod,
            "PodDeleted",
            "deleted because it kept failing for %d minutes and is annotated %s; the next deletion follows after %d minutes at the earliest"
                .formatted(
                    taken.toMinutes(), PodAnnotations.DELETE_WHEN_FAILING, due.toMinutes() * 2));
      }
    }
  }

  /** Returns a name that all Pods of one workload have in common. */
  static String workload(ClaimConsumer pod) {
    return pod.key().namespace()
        + "/"
        + pod.controller().map(Object::toString).orElse(pod.key().name());
  }

  /** Returns the Pod as it is now, if its author asks for its deletion and it has not recovered. */
  private Optional<JsonNode> toBeDeleted(ClaimConsumer pod, PodStatus place) {
    ObjectKey key = pod.key();
    if (pod.controller().isEmpty() || !OptedIn.isOptedIn(key.namespace(), inventory)) {
      return Optional.empty();
    }
    return objects
        .object(key)
        .filter(live -> KubeObject.of(live).uid().equals(place.uid()))
        .filter(live -> !isReady(live))
        .filter(
            live ->
                KubeObject.of(live)
                    .annotations()
                    .path(PodAnnotations.DELETE_WHEN_FAILING)
                    .asText()
                    .equals("true"));
  }

  private static boolean isReady(JsonNode pod) {
    for (JsonNode condition : KubeObject.of(pod).status().path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private void tell(ClaimConsumer pod, String reason, String message) {
    events.say(
        About.pod(pod.key().namespace(), pod.key().name(), pod.place().orElseThrow().uid()),
        true,
        reason,
        message);
  }
}
