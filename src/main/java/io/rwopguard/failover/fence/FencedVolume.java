package io.rwopguard.failover.fence;

/**
 * A volume that a node must no longer be able to write to.
 *
 * @param driver the name of the CSI driver
 * @param handle the driver's own ID of the volume
 * @param volumeName the name of the PersistentVolume
 * @param inUse the name of the volume in the node's {@code status.volumesInUse}; may be empty
 */
public record FencedVolume(String driver, String handle, String volumeName, String inUse) {

  /** Returns the name that requests, answers and confirmations use for this volume. */
  public String id() {
    return inUse.isEmpty() ? "kubernetes.io/csi/" + driver + "^" + handle : inUse;
  }
}
