package io.rwopguard.inventory;

/**
 * Where a Pod runs, and how it is.
 *
 * @param node the node that it was given to
 * @param beingDeleted whether its deletion has been asked for
 * @param over whether it has ended and will not run again
 * @param ready whether it says that it is ready
 * @param failing whether one of its containers fails again and again, so that the kubelet waits
 *     before it starts it anew
 * @param address its own; empty before it has one
 */
public record PodPlace(
    String uid,
    String node,
    boolean beingDeleted,
    boolean over,
    boolean ready,
    boolean failing,
    String address) {}
