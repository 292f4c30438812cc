package io.rwopguard.failover;

import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.kube.Election;
import java.util.Optional;

/** Determines whether failover may change anything: by its mode, and unless a person paused it. */
final class FailoverSwitch {

  /** The annotation on the election's Lease that stops all deletions and detaches. */
  static final String PAUSED = "rwop-guard.io/paused";

  private final FailoverMode mode;
  private final Election election;

  FailoverSwitch(FailoverMode mode, Election election) {
    this.mode = mode;
    this.election = election;
  }

  /** Returns whether the mode allows changes. */
  boolean isEnforced() {
    return mode == FailoverMode.ENFORCE;
  }

  /** Returns whether a person has paused failover. */
  boolean isPaused() {
    return election.annotations().containsKey(PAUSED);
  }

  /** Returns whether failover may change anything at this moment. */
  boolean isActive() {
    return isEnforced() && !isPaused();
  }

  /** Returns why nothing may be done at this moment. It is called before each step. */
  Optional<Refusal> inactive() {
    if (!isEnforced()) {
      return Optional.of(
          new Refusal(
              RefusalReason.PAUSED,
              "failover runs in mode observe and changes nothing. Set rwop-guard.failover.mode=enforce to enable it"));
    }
    return isPaused()
        ? Optional.of(
            new Refusal(
                RefusalReason.PAUSED,
                "failover is paused. To resume it, remove the annotation %s from its Lease"
                    .formatted(PAUSED)))
        : Optional.empty();
  }
}
