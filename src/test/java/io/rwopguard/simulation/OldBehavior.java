package io.rwopguard.simulation;

import io.rwopguard.simulation.Checker.Invariant;

/** A fault that the controller once had, brought back by the test's own assembly. */
public enum OldBehavior {
  /** The fence is skipped once the Pod's object is gone. */
  S1(Invariant.TWO_WRITERS),
  /** The out-of-service taint is set whatever else is on the node. */
  S2(Invariant.TOUCHED_WITHOUT_CONSENT),
  /** The confirmation for one Pod's volumes counts for all of the node. */
  S3(Invariant.TWO_WRITERS),
  /** A single lost packet makes a node that answers a dead one. */
  S6(Invariant.HEALTHY_POD_DELETED),
  /** A node stays tainted until another Pod runs, which may fit nowhere else. */
  S7(Invariant.NODE_STAYS_TAINTED),
  /** A volume is taken from a node although another Pod there uses the same claim. */
  S14(Invariant.TOUCHED_WITHOUT_CONSENT),
  /** A replica writes for as long as it has not noticed that it no longer leads. */
  UNCERTAIN(Invariant.WRITE_WITHOUT_LEADERSHIP);

  private final Invariant violates;

  OldBehavior(Invariant violates) {
    this.violates = violates;
  }

  Invariant violates() {
    return violates;
  }
}
