package io.rwopguard.config;

/** The kinds of fencing agents. */
public enum FenceType {
  /** Your own HTTPS endpoint. */
  HTTPS,
  /** A {@code NetworkFence} of csi-addons. */
  NETWORK_FENCE,
  /** A {@code FenceAgentsRemediation} of medik8s. */
  FENCE_AGENTS_REMEDIATION
}
