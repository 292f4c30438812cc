package io.rwopguard.inventory;

/**
 * A CSIDriver as a cluster knows it.
 *
 * @param attaches whether its volumes are attached to a node before they are mounted there ({@code
 *     attachRequired}), so that a second node has to wait for the first
 */
public record CsiDriver(String name, boolean attaches) {}
