package io.rwopguard.failover.plan;

import io.rwopguard.config.VolumeRelease;

/**
 * A volume that the old Pod leaves behind, derived from the cluster and the settings. It is never
 * stored: every process derives it again.
 *
 * @param claim the claim's name
 * @param volume the PersistentVolume's name
 * @param driver the CSI driver's name
 * @param handle the driver's own name of the volume
 * @param inUse its name in the node's {@code status.volumesInUse}
 * @param attachment the VolumeAttachment's name; empty if its driver attaches nothing
 * @param release the way to detach it from a dead node
 * @param fence whether a fence has to confirm before another Pod may use it
 */
public record FailoverTarget(
    String claim,
    String volume,
    String driver,
    String handle,
    String inUse,
    String attachment,
    VolumeRelease release,
    boolean fence) {

  /** Returns whether the node has to be out of service for this volume. */
  public boolean isOutOfService() {
    return release == VolumeRelease.OUT_OF_SERVICE;
  }

  /**
   * Returns the same target, to be detached separately instead of by a node that is out of service.
   */
  public FailoverTarget byVolume() {
    return isOutOfService()
        ? new FailoverTarget(
            claim, volume, driver, handle, inUse, attachment, VolumeRelease.VOLUME, fence)
        : this;
  }
}
