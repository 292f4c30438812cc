package io.rwopguard.config;

/** The ways to detach a volume from a node that cannot unpublish it. */
public enum VolumeRelease {
  /**
   * The controller deletes the Pod and leaves the rest to Kubernetes, which detaches after six
   * minutes, or never.
   */
  POD_ONLY,
  /** The controller removes the volume from the node's {@code status.volumesInUse}. */
  VOLUME,
  /** The controller sets the taint {@code node.kubernetes.io/out-of-service} on the node. */
  OUT_OF_SERVICE,
  /** The controller deletes the VolumeAttachment. */
  ATTACHMENT
}
