package io.rwopguard.failover.plan;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Evaluates whether another node could run a Pod, by the first filters of the scheduler: taints,
 * selectors and where the volumes can be reached. It does not evaluate free memory and processors.
 */
public final class SchedulingFit {

  private SchedulingFit() {}

  /** Returns a refusal if no other node could run the Pod; empty if one could. */
  static Optional<Refusal> missing(PodFacts pod, Collection<NodeFacts> liveNodes) {
    return liveNodes.stream()
            .filter(node -> !node.name().equals(pod.node()))
            .anyMatch(node -> canRun(pod, node))
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalReason.NO_NODE,
                "no other node can run Pod %s: each of the %d healthy ones is cordoned, tainted, not selected, or cannot reach its volumes. Uncordon or add a node, or correct the selectors"
                    .formatted(pod, liveNodes.size())));
  }

  private static boolean canRun(PodFacts pod, NodeFacts node) {
    return node.ready() == Ready.TRUE
        && !node.unschedulable()
        && node.taints().stream().allMatch(taint -> isTolerated(taint, pod.spec()))
        && NodeSelectors.selects(pod.spec(), node)
        && pod.volumes().orElse(List.of()).stream()
            .allMatch(volume -> NodeSelectors.reaches(volume.nodeAffinity(), node));
  }

  /** Returns whether a Pod with this spec tolerates a taint (k8s.io/api core/v1 ToleratesTaint). */
  static boolean isTolerated(Taint taint, JsonNode spec) {
    if (taint.effect().equals("PreferNoSchedule")) {
      return true;
    }
    for (JsonNode toleration : spec.path("tolerations")) {
      String key = toleration.path("key").asText("");
      String effect = toleration.path("effect").asText("");
      boolean exists = toleration.path("operator").asText("Equal").equals("Exists");
      if ((effect.isEmpty() || effect.equals(taint.effect()))
          && (key.isEmpty() ? exists : key.equals(taint.key()))
          && (exists || toleration.path("value").asText("").equals(taint.value()))) {
        return true;
      }
    }
    return false;
  }
}
