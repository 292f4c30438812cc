package io.rwopguard.drivers;

import java.util.Locale;

/** The action that revokes an unreachable node's access to a volume. */
public enum Revocation {
  ON_UNPUBLISH("an unreachable node loses access when the volume is unpublished there"),
  OUT_OF_SERVICE_TAINT_ONLY(
      "an unreachable node loses access only while it has the taint node.kubernetes.io/out-of-service"),
  NETWORK_FENCE_ONLY("an unreachable node keeps access until a NetworkFence blocks it"),
  NODE_FENCE_ONLY("an unreachable node keeps access until it is stopped"),
  NEVER("the volume exists on one node only"),
  UNKNOWN("whether an unreachable node loses access is not known");

  private final String meaning;

  Revocation(String meaning) {
    this.meaning = meaning;
  }

  /** Returns the value in the form of the data file and the documents. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns its meaning, as part of a sentence. */
  public String meaning() {
    return meaning;
  }

  /**
   * Returns whether an unpublish of a volume revokes the node's access.
   *
   * @param outOfService whether the node has the taint out-of-service by then
   */
  public Answer onUnpublish(boolean outOfService) {
    return switch (this) {
      case ON_UNPUBLISH -> Answer.YES;
      case OUT_OF_SERVICE_TAINT_ONLY -> outOfService ? Answer.YES : Answer.NO;
      case NETWORK_FENCE_ONLY, NODE_FENCE_ONLY, NEVER -> Answer.NO;
      case UNKNOWN -> Answer.UNKNOWN;
    };
  }
}
