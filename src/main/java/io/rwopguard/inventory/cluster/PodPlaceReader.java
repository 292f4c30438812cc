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

  /** What kubelets said before 1.37 of a container that they wait to start again. */
  private static final String CRASH_LOOP = "CrashLoopBackOff";

  /** A container that has ended once may have had a bad start; one that ends again has not. */
  private static final int OFTEN = 2;

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
            text(address)));
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }

  private static boolean isReady(GenericKubernetesResource pod) {
    return list(pod.get("status", "conditions")).stream()
        .anyMatch(each -> "Ready".equals(each.get("type")) && "True".equals(each.get("status")));
  }

  /** While it waits to start a container again, a kubelet of 1.37 says how it ended last. */
  private static boolean isFailing(GenericKubernetesResource pod) {
    return list(pod.get("status", "containerStatuses")).stream()
        .anyMatch(each -> isFailing(each.get("state"), each.get("restartCount")));
  }

  private static boolean isFailing(Object state, Object restarts) {
    if (!(state instanceof Map<?, ?> is)) {
      return false;
    }
    boolean waits =
        is.get("waiting") instanceof Map<?, ?> waiting && CRASH_LOOP.equals(waiting.get("reason"));
    boolean failed =
        is.get("terminated") instanceof Map<?, ?> ended
            && ended.get("exitCode") instanceof Number code
            && code.intValue() != 0;
    return waits || (failed && restarts instanceof Number count && count.intValue() >= OFTEN);
  }

  private static List<Map<String, Object>> list(List<Map<String, Object>> written) {
    return written == null ? List.of() : written;
  }
}
