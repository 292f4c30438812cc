package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Kind;

/**
 * Prevents a rollout of a Deployment that would never end. If no Pod may be unavailable, the new
 * Pod waits for the old one's claim, and the old one for the new.
 */
public final class StrategyMutation implements Mutation {

  /** The warning that asks the author to write the strategy. */
  static final String WARNING =
      "spec.strategy is now Recreate: in a rolling update the new Pod would wait for the claim and"
          + " the old one for the new; write strategy: {type: Recreate}";

  private static final JsonNode RECREATE =
      JsonNodeFactory.instance.objectNode().put("type", "Recreate");

  @Override
  public String id() {
    return "strategy";
  }

  @Override
  public String summary() {
    return "strategy: {type: Recreate} for a Deployment that names a claim and whose resolved"
        + " maxUnavailable is 0";
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    if (pod.object().kind() == Kind.DEPLOYMENT
        && pod.sharesClaim()
        && pod.object().updateThatAddsFirst().isPresent()) {
      draft.set(FieldPath.ROOT.field("spec"), "strategy", RECREATE.deepCopy());
      draft.warn(WARNING);
    }
  }

  /** Returns whether a strategy is the one that this mutation sets. */
  static boolean isRecreate(JsonNode strategy) {
    return strategy.equals(RECREATE);
  }
}
