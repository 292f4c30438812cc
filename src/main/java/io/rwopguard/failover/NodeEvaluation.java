package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.Refusal;
import java.util.Optional;

/** Evaluates the node of a failover at the moment before a step. */
interface NodeEvaluation {

  /**
   * Why the node is not taken for dead now.
   *
   * @param node as it was just read; empty if its object is gone
   * @param deleting whether a Pod is deleted next, which takes the freshest probes
   */
  Optional<Refusal> refusal(FailoverRecord record, Optional<JsonNode> node, boolean deleting);
}
