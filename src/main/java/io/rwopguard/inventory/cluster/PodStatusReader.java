package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.model.Kind;
import java.util.Set;

/** Reads the node of a Pod, and its status. */
final class PodStatusReader {

  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  /** The waiting reason that kubelets before 1.37 report for a container in back-off. */
  private static final String CRASH_LOOP = "CrashLoopBackOff";

  /**
   * A container that failed once may have had a bad start; a repeated failure is something else.
   */
  private static final int OFTEN = 2;

  private PodStatusReader() {}

  /** Returns the same Pod or workload, with its place if it is a Pod on a node. */
  static ClaimConsumer placed(ClaimConsumer user, JsonNode object) {
    String node =
        user.key().kind() == Kind.POD ? object.path("spec").path("nodeName").asText("") : "";
    if (node.isEmpty()) {
      return user;
    }
    JsonNode metadata = object.path("metadata");
    JsonNode status = object.path("status");
    return user.at(
        new PodStatus(
            metadata.path("uid").asText(""),
            node,
            metadata.hasNonNull("deletionTimestamp"),
            OVER.contains(status.path("phase").asText("")),
            isReady(status),
            isFailing(status),
            status.path("podIP").asText("")));
  }

  private static boolean isReady(JsonNode status) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText("").equals("Ready")
          && condition.path("status").asText("").equals("True")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether a container fails repeatedly. During the back-off a kubelet of 1.37 reports how
   * the container last ended.
   */
  private static boolean isFailing(JsonNode status) {
    for (JsonNode container : status.path("containerStatuses")) {
      JsonNode state = container.path("state");
      boolean waits = state.path("waiting").path("reason").asText("").equals(CRASH_LOOP);
      boolean failed = state.path("terminated").path("exitCode").asInt(0) != 0;
      if (waits || (failed && container.path("restartCount").asInt(0) >= OFTEN)) {
        return true;
      }
    }
    return false;
  }
}
