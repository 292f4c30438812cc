package io.rwopguard.failover.detection;

import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The nodes, the claims' Leases and the manual failovers, as the watches know them. */
public interface ClusterState {

  /**
   * A manual failover that was requested. The leader reads it from the API server before it
   * answers.
   *
   * @param name the name of its ConfigMap in the controller's own namespace
   * @param created by the API server's clock
   */
  record RequestedFailover(String name, Instant created, boolean answered) {

    /** The value of the label that marks the ConfigMap of a request. */
    public static final String LABEL_VALUE = "request";
  }

  boolean hasSynced();

  /** Returns why not all objects have been listed yet; empty if {@link #hasSynced}. */
  default Optional<String> unsynced() {
    return hasSynced() ? Optional.empty() : Optional.of("not all objects have been listed yet");
  }

  List<NodeFacts> nodes();

  Optional<NodeFacts> node(String name);

  Optional<PrimaryLease> lease(ClaimKey claim);

  /** Returns the manual failovers that were requested. */
  List<RequestedFailover> requests();
}
