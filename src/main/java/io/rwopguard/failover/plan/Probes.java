package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.Reachability.Round;
import java.util.Map;
import java.util.Set;

/** Probes nodes and the Pods on them, on a schedule that no write can delay. */
public interface Probes {

  /** Sets what can be probed, by node: the kubelets and the Pods of interest. */
  void targets(Map<String, Set<Endpoint>> endpoints);

  /**
   * Returns the result of a round of probes of a node in which each started at this time of {@link
   * System#nanoTime} or later. Without such a round it requests one and returns {@link
   * Round#NOT_YET}; it never waits. Nothing may be deleted unless the answer is {@link
   * Round#UNREACHED}.
   */
  Round round(String node, long since);
}
