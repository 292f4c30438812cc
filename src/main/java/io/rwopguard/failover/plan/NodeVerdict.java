package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.Optional;

/**
 * What is believed of a node, and why.
 *
 * @param silence how long it has been silent; zero if it has no Lease
 * @param renewTime what its Lease said last
 * @param refusal why nothing is done although it is silent
 */
public record NodeVerdict(
    String node, State state, Duration silence, String renewTime, Optional<Refusal> refusal) {

  /** How bad it is. */
  public enum State {
    /** Nothing is wrong, or nothing is known. */
    FINE,
    /** It has been silent for long, and something speaks against acting on it. */
    SUSPECT,
    /** It is taken for dead. */
    DOWN
  }

  static NodeVerdict fine(String node, Duration silence, String renewTime) {
    return new NodeVerdict(node, State.FINE, silence, renewTime, Optional.empty());
  }

  /** Whether its Pods may be failed over. */
  public boolean isDown() {
    return state == State.DOWN;
  }
}
