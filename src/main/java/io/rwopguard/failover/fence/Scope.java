package io.rwopguard.failover.fence;

/** Extent of what a fence stops. */
public enum Scope {
  /** The node as a whole: it can write to no volume. */
  NODE,
  /** The node's access to the named volumes. */
  VOLUMES
}
