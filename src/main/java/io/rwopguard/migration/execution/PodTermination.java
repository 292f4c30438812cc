package io.rwopguard.migration.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.plan.Wait;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Determines when Pods no longer write to volumes of drivers that do not attach ({@code
 * attachRequired: false}). For other drivers, a VolumeAttachment shows that. Here only the kubelet
 * knows: it deletes a Pod's object once its containers have ended. If the object is deleted without
 * the kubelet, containers may continue to run. The causes are a zero grace period, a
 * force-deletion, or a node that does not respond.
 */
public final class PodTermination {

  /** The time in which a responsive kubelet stops the containers of Pods that it finds deleted. */
  static final Duration QUIET = Duration.ofSeconds(30);

  /** The time that a kubelet needs beyond a grace period. */
  private static final Duration MORE = Duration.ofSeconds(10);

  /**
   * A Pod as it was last observed.
   *
   * @param grace how long its kubelet lets its containers run, even if its object is deleted sooner
   * @param ended whether its containers had ended
   */
  private record Seen(String name, String node, Duration grace, boolean ended) {}

  /** A Pod whose object was deleted before its containers were observed to end. */
  private record Gone(Seen pod, Instant since) {

    Duration needed() {
      Duration grace = pod.grace().plus(MORE);
      return grace.compareTo(QUIET) > 0 ? grace : QUIET;
    }
  }

  private final InstantSource clock;
  private final Map<String, Seen> there = new HashMap<>();
  private final Map<String, Gone> vanished = new HashMap<>();
  private boolean looked;

  PodTermination(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Lists the problems of Pods that prevent a migration.
   *
   * @param pods the Pods that use the claims
   * @param unready the nodes that are not Ready
   */
  public static List<String> problems(List<JsonNode> pods, List<String> unready) {
    List<String> problems = new ArrayList<>();
    for (JsonNode pod : pods) {
      String name = KubeObject.of(pod).name();
      String node = KubeObject.of(pod).nodeName();
      if (unready.contains(node)) {
        problems.add(
            "Pod %s runs on node %s, which is not Ready, and the driver of its volume does not attach. Its containers may continue to run after the Pod object is deleted. Wait until the node is Ready; or make sure that it is powered off, and delete the Node object."
                .formatted(name, node));
      }
      if (KubeObject.of(pod).spec().path("terminationGracePeriodSeconds").asLong(30) == 0) {
        problems.add(
            "Pod %s has a grace period of 0, and the driver of its volume does not attach. The Pod object would be deleted before its containers have ended. Set terminationGracePeriodSeconds to 1 or more first."
                .formatted(name));
      }
    }
    return problems;
  }

  /**
   * Returns the condition to wait for after the Pod objects are deleted; empty if there is none.
   *
   * @param pods the Pods that use the claims now
   * @param started whether Pods may have been deleted before the first observation of this run
   * @param grace the grace period of those Pods
   * @param unready the nodes that are not Ready: a disconnected kubelet stops no containers
   */
  Optional<Wait> awaited(
      List<JsonNode> pods, boolean started, Duration grace, List<String> unready) {
    Instant now = clock.instant();
    if (!looked && started) {
      vanished.put("", new Gone(new Seen("Pods of an earlier run", "", grace, false), now));
    }
    looked = true;
    Map<String, Seen> before = Map.copyOf(there);
    there.clear();
    for (JsonNode pod : pods) {
      there.put(KubeObject.of(pod).uid(), seen(pod));
    }
    before.forEach(
        (uid, pod) -> {
          if (!there.containsKey(uid) && !pod.ended()) {
            vanished.put(uid, new Gone(pod, now));
          }
        });
    // the kubelet stops the containers only after it has received the deletion
    vanished.replaceAll(
        (uid, gone) -> unready.contains(gone.pod().node()) ? new Gone(gone.pod(), now) : gone);
    vanished.values().removeIf(gone -> gone.since().plus(gone.needed()).isBefore(now));
    return vanished.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Wait.ContainersEnded(
                vanished.values().stream().map(gone -> gone.pod().name()).sorted().toList()));
  }

  private static Seen seen(JsonNode pod) {
    KubeObject object = KubeObject.of(pod);
    return new Seen(object.name(), object.nodeName(), graceOf(object.spec()), haveEnded(pod));
  }

  /** Returns the grace period in a Pod's specification. */
  public static Duration graceOf(JsonNode spec) {
    return Duration.ofSeconds(spec.path("terminationGracePeriodSeconds").asLong(30));
  }

  private static boolean haveEnded(JsonNode pod) {
    JsonNode status = KubeObject.of(pod).status();
    if (KubeObject.of(pod).nodeName().isEmpty()) {
      return true;
    }
    JsonNode containers = status.path("containerStatuses");
    if (containers.isEmpty()) {
      return false;
    }
    for (JsonNode container : containers) {
      if (!container.path("state").has("terminated")) {
        return false;
      }
    }
    // a sidecar is an init container, and writes as long as it runs
    return !isAnyRunning(status.path("initContainerStatuses"))
        && !isAnyRunning(status.path("ephemeralContainerStatuses"));
  }

  private static boolean isAnyRunning(JsonNode containers) {
    for (JsonNode container : containers) {
      if (container.path("state").has("running")) {
        return true;
      }
    }
    return false;
  }
}
