package io.rwopguard.simulation;

import io.rwopguard.config.VolumeRelease;

/**
 * A CSI driver: its behavior, and what the user states of it.
 *
 * @param attaches whether its volumes have VolumeAttachments
 * @param revokes what takes a node's access away
 * @param statedRevoking whether the user states revokes-on-unpublish
 * @param statedFenced whether the user states stopped-by-fence
 * @param release how its volumes are released
 * @param answerNanos how long it takes to attach or to detach
 */
record Driver(
    String name,
    boolean attaches,
    Revocation revokes,
    boolean statedRevoking,
    boolean statedFenced,
    VolumeRelease release,
    long answerNanos) {

  /** Events that revoke a node's access to a volume. */
  enum Revocation {
    NEVER,
    ON_UNPUBLISH,
    /** Only while the node has the out-of-service taint, as Ceph CSI does. */
    UNDER_OUT_OF_SERVICE
  }

  /** Returns whether what the user states of revocation is false. */
  boolean isStatedFalsely() {
    return statedRevoking
        && (revokes == Revocation.NEVER
            || (revokes == Revocation.UNDER_OUT_OF_SERVICE
                && release != VolumeRelease.OUT_OF_SERVICE));
  }
}
