package io.rwopguard.config;

/** Extent of what an HTTPS fence stops. */
public enum FenceScope {
  /** The node as a whole. */
  NODE,
  /** The node's access to the named volumes. */
  VOLUMES
}
