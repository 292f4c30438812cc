package io.rwopguard.config;

/** Extent of what a fence stops. */
public enum FenceScope {
  /** The node as a whole: it can write to no volume. */
  NODE,
  /** The node's access to the named volumes. */
  VOLUMES
}
