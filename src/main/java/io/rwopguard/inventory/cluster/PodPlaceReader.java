package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.PodPlace;
import io.rwopguard.workload.Kind;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads where a Pod runs, and how it is. */
final class PodPlaceReader {

  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  /** What a kubelet says of a container that it waits to start again (pkg/kubelet/kuberuntime). */
  private static final String CRASH_LOOP = "CrashLoopBackOff";

  /** Where nothing says what a Pod listens on: who is there refuses, which is an answer. */
  private static final int ANY_PORT = 9;

  private PodPlaceReader() {}

  /** The same Pod or workload, at its place if it is a Pod that has one. */
  static ClaimUser placed(ClaimUser user, GenericKubernetesResource object) {
    String node = user.key().kind() == Kind.POD ? object.get("spec", "nodeName") : null;
    if (node == null || node.isEmpty()) {
      return user;
    }
    String address = object.get("status", "podIP");
    return user.at(
        new PodPlace(
            object.getMetadata().getUid(),
            node,
            object.getMetadata().getDeletionTimestamp() != null,
            OVER.contains(text(object.get("status", "phase"))),
            isReady(object),
            isFailing(object),
            text(address),
            port(object)));
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }

  private static boolean isReady(GenericKubernetesResource pod) {
    return list(pod.get("status", "conditions")).stream()
        .anyMatch(each -> "Ready".equals(each.get("type")) && "True".equals(each.get("status")));
  }

  private static boolean isFailing(GenericKubernetesResource pod) {
    return list(pod.get("status", "containerStatuses")).stream()
        .anyMatch(
            each ->
                each.get("state") instanceof Map<?, ?> state
                    && state.get("waiting") instanceof Map<?, ?> waiting
                    && CRASH_LOOP.equals(waiting.get("reason")));
  }

  private static int port(GenericKubernetesResource pod) {
    for (Map<String, Object> container : list(pod.get("spec", "containers"))) {
      if (container.get("ports") instanceof List<?> ports) {
        for (Object each : ports) {
          if (each instanceof Map<?, ?> port
              && port.get("containerPort") instanceof Number number
              && "TCP".equals(port.get("protocol"))) {
            return number.intValue();
          }
        }
      }
    }
    return ANY_PORT;
  }

  private static List<Map<String, Object>> list(List<Map<String, Object>> written) {
    return written == null ? List.of() : written;
  }
}
