package io.rwopguard.failover;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import java.util.Map;
import java.util.Set;

/** Probes nodes and Pods over the network. */
interface Probes {

  /** Probes those of these endpoints, by node, that are due; those of late nodes more often. */
  void look(Map<String, Set<Endpoint>> endpoints, Set<String> late, long now);
}
