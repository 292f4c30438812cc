package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.Refusal;
import java.util.Optional;
import java.util.OptionalLong;

/** Evaluates the node of a failover at the moment before a step. */
interface NodeEvaluation {

  /**
   * Why the node is not taken for dead now.
   *
   * @param node as it was just read; empty if its object is gone
   * @param deletingSince if a Pod is deleted next, the time since when a round of probes has to
   *     have begun and reached nothing
   */
  Optional<Refusal> refusal(
      FailoverRecord record, Optional<JsonNode> node, OptionalLong deletingSince);

  /**
   * Whether a round of probes of a node that began at this time or later has ended. It is requested
   * if there was none; this does not wait.
   */
  boolean isProbed(String node, long since);

  /** Why nothing is believed of any node now: the API server does not answer steadily. */
  Optional<Refusal> unsteady();
}
