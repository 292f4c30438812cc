package io.rwopguard.failover.fence;

import java.util.Set;
import java.util.function.Supplier;

/**
 * The state of one fence operation, as far as it is known now.
 *
 * @param text the reason for the state; empty if there is none
 * @param confirmedVolumes the {@link FencedVolume#id() IDs} of the volumes that the node can no
 *     longer write to
 * @param addresses the addresses of the node that the provider found the fence to need; the
 *     registry stores them, since they may be unknown later
 */
public record FenceStatus(
    State state, String text, Set<String> confirmedVolumes, Set<NodeAddress> addresses) {

  /** The states of a fence operation. */
  public enum State {
    /** The provider was not asked about this target. */
    NOT_ASKED,
    /** The operation was asked for and has not ended. */
    PENDING,
    /** The fence confirmed that the node can no longer write. */
    CONFIRMED,
    /** The operation failed; the provider tries it again after a pause. */
    FAILED,
    /** The fence confirmed that the node may write again. */
    UNFENCED
  }

  public FenceStatus {
    confirmedVolumes = Set.copyOf(confirmedVolumes);
    addresses = Set.copyOf(addresses);
  }

  private FenceStatus(State state, String text, Set<String> confirmedVolumes) {
    this(state, text, confirmedVolumes, Set.of());
  }

  /** Returns the status of a target that was never asked for. */
  public static FenceStatus notAsked() {
    return new FenceStatus(State.NOT_ASKED, "", Set.of());
  }

  /** Returns the status of an operation that has not ended. */
  public static FenceStatus pending(String text) {
    return new FenceStatus(State.PENDING, text, Set.of());
  }

  /** Returns the status of a failed operation. */
  public static FenceStatus failed(String text) {
    return new FenceStatus(State.FAILED, text, Set.of());
  }

  /** Returns the status of a confirmed fence. */
  public static FenceStatus confirmed(Set<String> volumes) {
    return new FenceStatus(State.CONFIRMED, "", volumes);
  }

  /** Returns the status of a confirmed un-fence. */
  public static FenceStatus unfenced() {
    return new FenceStatus(State.UNFENCED, "", Set.of());
  }

  /** Returns the same status with these addresses. */
  public FenceStatus with(Set<NodeAddress> found) {
    return new FenceStatus(state, text, confirmedVolumes, found);
  }

  /** Returns the status of an operation on the cluster's objects; an exception is a failure. */
  static FenceStatus attempt(Supplier<FenceStatus> operation) {
    try {
      return operation.get();
    } catch (RuntimeException e) {
      return failed("the API server cannot be asked: " + e.getMessage());
    }
  }

  /** Returns whether the fence confirmed the operation. */
  public boolean isConfirmed() {
    return state == State.CONFIRMED;
  }
}
