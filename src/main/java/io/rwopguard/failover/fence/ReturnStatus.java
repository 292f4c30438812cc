package io.rwopguard.failover.fence;

/**
 * The state of a node that was fenced, which shows whether it may run Pods again.
 *
 * @param text what is missing; empty if the node may return
 */
record ReturnStatus(State state, String text) {

  /** The states of the return of a node. */
  enum State {
    /** Nothing is fenced any more, so that the taint may be removed. */
    ALLOWED,
    /** An un-fence or a reboot has not ended. */
    PENDING,
    /** An un-fence failed and is requested again. */
    FAILED
  }

  /** Returns whether the taint may be removed. */
  boolean isAllowed() {
    return state == State.ALLOWED;
  }
}
