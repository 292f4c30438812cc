package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Taint;

/** The taints that failover puts on a node, and takes back. */
public final class OwnTaints {

  /** Keeps new Pods from a node that may come back for a moment. */
  public static final Taint FAILED_OVER =
      new Taint("rwop-guard.io/failed-over", "true", "NoSchedule");

  /** k8s.io/api core/v1 TaintNodeOutOfService. */
  public static final String OUT_OF_SERVICE_KEY = "node.kubernetes.io/out-of-service";

  /**
   * Lets the attach/detach controller and PodGC act at once; both look at the key alone, and with
   * this effect nobody evicts the node's other Pods.
   */
  public static final Taint OUT_OF_SERVICE =
      new Taint(OUT_OF_SERVICE_KEY, "rwop-guard", "NoSchedule");

  private OwnTaints() {}

  /** Whether a taint is one of ours. */
  public static boolean isOwn(Taint taint) {
    return taint.key().equals(FAILED_OVER.key()) || taint.equals(OUT_OF_SERVICE);
  }
}
