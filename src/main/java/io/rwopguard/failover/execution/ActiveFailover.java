package io.rwopguard.failover.execution;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.record.FailoverRecords.Stored;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A failover in progress, with state that only this process knows. The next leader derives it. */
public final class ActiveFailover {
  volatile Stored stored;
  volatile Optional<List<FailoverTarget>> targets;
  volatile boolean changedElsewhere;
  volatile boolean unfencedAndGone;

  /** Whether an earlier leader, or this one in an earlier term, started it. */
  final boolean adopted;

  /** The time at which the last deletion of the Pod was sent. */
  volatile OptionalLong deletionSent = OptionalLong.empty();

  /** The time before which no deletion is sent, since the API server refused one. */
  volatile long refusedUntil;

  /** Whether volumes are detached one by one, since the node may not be out of service. */
  volatile boolean byVolume;

  /** Whether this replica deleted the Pod, after all checks before a deletion. */
  volatile boolean deleted;

  /** Whether a target is still attached and has to be detached under the out-of-service taint. */
  volatile boolean needsOutOfService = true;

  /** The time since which its node has been back, by the monotonic clock. */
  volatile OptionalLong backSince = OptionalLong.empty();

  /** Whether its next step waits for the end of a round of probes. */
  volatile boolean awaitsProbes;

  volatile String pointless = "";
  final long started;
  volatile long nextLook;
  volatile long judged;
  volatile long checked;

  ActiveFailover(Stored stored, Optional<List<FailoverTarget>> targets, long now) {
    this.stored = stored;
    this.targets = targets;
    this.adopted = targets.isEmpty();
    this.started = now;
    this.refusedUntil = now;
    this.nextLook = now;
    this.judged = now;
    this.checked = now;
  }

  /** Returns the record of the failover, as last written or read. */
  public FailoverRecord record() {
    return stored.record();
  }
}
