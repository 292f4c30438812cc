package io.rwopguard.config;

/** Kinds of fencing agents. */
public enum FenceType {
  /** An HTTPS endpoint of your own. */
  HTTPS,
  /** A {@code NetworkFence} of csi-addons. */
  NETWORK_FENCE,
  /** A {@code FenceAgentsRemediation} of medik8s. */
  FENCE_AGENTS_REMEDIATION
}
