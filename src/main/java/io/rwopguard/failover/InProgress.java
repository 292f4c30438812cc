package io.rwopguard.failover;

import io.rwopguard.failover.FailoverRecords.Stored;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A failover in progress. What only this process knows is in it, and is derived once more. */
final class InProgress {
  volatile Stored stored;
  volatile Optional<List<FailoverTarget>> targets;
  volatile boolean changedElsewhere;
  volatile boolean unfencedAndGone;

  /** An earlier leader, or this one in an earlier term, started it. */
  final boolean adopted;

  /** When the last deletion of the Pod was sent. */
  volatile OptionalLong deletionSent = OptionalLong.empty();

  /** Until when nothing is deleted, since the API server refused it. */
  volatile long refusedUntil;

  /** The node may not be out of service, so its volumes are released one by one. */
  volatile boolean byVolume;

  /** This replica deleted the Pod itself, after all that a deletion takes. */
  volatile boolean deleted;

  /** A target of it is still attached, and has to be detached under the out-of-service taint. */
  volatile boolean needsOutOfService = true;

  /** Since when its node has been back, by the monotonic clock. */
  volatile OptionalLong backSince = OptionalLong.empty();

  /** Its next step waits for the end of a round of probes. */
  volatile boolean awaitsProbes;

  volatile String pointless = "";
  final long begun;
  volatile long nextLook;
  volatile long judged;
  volatile long checked;

  InProgress(Stored stored, Optional<List<FailoverTarget>> targets, long now) {
    this.stored = stored;
    this.targets = targets;
    this.adopted = targets.isEmpty();
    this.begun = now;
    this.refusedUntil = now;
    this.nextLook = now;
    this.judged = now;
    this.checked = now;
  }

  FailoverRecord record() {
    return stored.record();
  }
}
