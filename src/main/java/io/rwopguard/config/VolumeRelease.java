package io.rwopguard.config;

/** How a volume is taken from a node that cannot give it back. */
public enum VolumeRelease {
  /** The Pod is deleted, and the rest is left to Kubernetes: six minutes, or never. */
  POD_ONLY,
  /** The volume is taken out of the node's {@code status.volumesInUse}. */
  VOLUME,
  /** The node gets the taint {@code node.kubernetes.io/out-of-service}. */
  OUT_OF_SERVICE,
  /** The VolumeAttachment is deleted. */
  ATTACHMENT
}
