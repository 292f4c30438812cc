package io.rwopguard.config;

/** The extent of a fence. */
public enum FenceScope {
  /** The node as a whole, which can then write to no volume. */
  NODE,
  /** The node's access to the named volumes. */
  VOLUMES
}
