package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.Optional;

/**
 * Health assessment of a node, with the reason if failover is refused.
 *
 * @param silence the time since the last renewal of its Lease; zero if it has no Lease
 * @param renewTime the last {@code renewTime} of its Lease
 * @param refusal the reason why nothing is done although it stopped renewing its Lease
 */
public record NodeHealth(
    String node, State state, Duration silence, String renewTime, Optional<Refusal> refusal) {

  /** The health of a node. */
  public enum State {
    /** The node is healthy, or nothing is known about it. */
    FINE,
    /** The node has not renewed its Lease for too long, and a check prevents failover. */
    SUSPECT,
    /** The node counts as dead. */
    DOWN
  }

  static NodeHealth fine(String node, Duration silence, String renewTime) {
    return new NodeHealth(node, State.FINE, silence, renewTime, Optional.empty());
  }

  /** Returns whether the node's Pods may be failed over. */
  public boolean isDown() {
    return state == State.DOWN;
  }
}
