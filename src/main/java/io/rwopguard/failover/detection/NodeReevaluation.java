package io.rwopguard.failover.detection;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.Refusal;
import java.util.Optional;
import java.util.OptionalLong;

/** Evaluates the node of a failover at the moment before a step. */
public interface NodeReevaluation {

  /**
   * Returns why the node is not considered dead now.
   *
   * @param node as it was just read; empty if its object is gone
   * @param deletingSince if the next step deletes a Pod, the earliest start of a round of probes
   *     that reached nothing
   */
  Optional<Refusal> refusal(
      FailoverRecord record, Optional<JsonNode> node, OptionalLong deletingSince);

  /**
   * Returns whether a round of probes of a node that started at this time or later has ended. It
   * requests a round if there was none, and does not wait.
   */
  boolean isProbed(String node, long since);

  /** Returns why no node can be considered dead now: the API server does not answer steadily. */
  Optional<Refusal> unsteady();
}
