package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.util.Set;

/** Recognizes Pods that have ended. */
public final class EndedPods {

  /** The phases of Pods whose volumes are detached although their objects exist. */
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  private EndedPods() {}

  /** Returns whether a Pod has ended, so that its volumes are detached although it exists. */
  public static boolean isOver(JsonNode pod) {
    return OVER.contains(KubeObject.of(pod).phase());
  }
}
