package io.rwopguard.failover;

import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.workload.ClaimKey;
import java.util.List;
import java.util.Optional;

/** The nodes and the claims' Leases, as the watches know them. */
interface ClusterState {

  boolean hasSynced();

  List<NodeFacts> nodes();

  Optional<NodeFacts> node(String name);

  Optional<PrimaryLease> lease(ClaimKey claim);

  List<PrimaryLease> leases();
}
