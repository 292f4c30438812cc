package io.rwopguard.inventory;

/**
 * The node of a Pod, and its status.
 *
 * @param node the node that the Pod is bound to
 * @param beingDeleted whether its deletion was requested
 * @param over whether it has ended and will not run again
 * @param ready whether its Ready condition is true
 * @param failing whether one of its containers fails repeatedly, so that the kubelet delays its
 *     restart
 * @param address its IP address; empty before it has one
 */
public record PodStatus(
    String uid,
    String node,
    boolean beingDeleted,
    boolean over,
    boolean ready,
    boolean failing,
    String address) {}
