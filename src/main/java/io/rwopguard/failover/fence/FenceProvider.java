package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.util.Set;

/**
 * A fencing agent that keeps a node from writing, or from writing to some volumes.
 *
 * <p>Every method starts or continues its operation and returns what is known now. It does not wait
 * for the operation to end, and a call with the same target may be repeated at any time. No method
 * throws: a failure is a status with a text.
 */
public interface FenceProvider extends AutoCloseable {

  /** Returns the name from the settings. */
  String name();

  /** Returns what this provider stops. */
  FenceScope scope();

  /**
   * Returns whether the provider can fence a target that it was never asked for. The registry calls
   * this before it stores a request. {@code FAILED} means that the provider could never un-fence
   * the target. With any other state, the registry stores the request with the addresses of the
   * status.
   */
  default FenceStatus prepare(FenceTarget target) {
    return FenceStatus.notAsked();
  }

  /** Fences the target. */
  FenceStatus fence(FenceTarget target);

  /** Removes the fence from the target, even if the fence was never confirmed. */
  FenceStatus unfence(FenceTarget target);

  /** Returns the state of the target without changing it. */
  FenceStatus status(FenceTarget target);

  /** Returns whether a confirmed fence ends with a reboot of the node. */
  default boolean endsWithReboot() {
    return false;
  }

  /**
   * Returns whether a stored confirmation can be compared with the present state. If so, the
   * registry asks {@link #fence} each time and never relies on the ledger alone.
   */
  default boolean isObservable() {
    return false;
  }

  /**
   * Returns the taints that exist on the node only because this provider fences it. The registry
   * asks only about nodes for which the ledger has an open fence of this provider.
   */
  default Set<Taint> ownTaints(String node) {
    return Set.of();
  }

  @Override
  default void close() {}
}
