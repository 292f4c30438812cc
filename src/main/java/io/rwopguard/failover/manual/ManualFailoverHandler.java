package io.rwopguard.failover.manual;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.detection.ClusterState.RequestedFailover;
import io.rwopguard.failover.detection.NodeHealthMonitor;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.execution.ActiveFailovers;
import io.rwopguard.failover.execution.FailoverStarter;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Answers manual failovers: ConfigMaps in the controller's own namespace, which only its
 * administrators may create. A request replaces the second sign of a node's death and nothing else.
 */
public final class ManualFailoverHandler {

  private static final JsonMapper JSON = new JsonMapper();

  private static final String EVALUATING = "evaluating";
  private static final Duration EVALUATED_WITHIN = Duration.ofSeconds(30);

  /** The time for which an answered request is kept for its author to read. */
  private static final Duration KEPT = Duration.ofMinutes(15);

  /** Evaluates the node of a manual failover. */
  public interface ManualEvaluation {

    /** Returns the verdict on a node that an administrator declares dead. */
    NodeHealth of(NodeFacts node);
  }

  private final ClusterState view;
  private final FailoverStore objects;
  private final CandidateSelector candidates;
  private final FailoverStarter starter;
  private final ActiveFailovers failovers;
  private final String namespace;
  private final Clocks clocks;

  /**
   * Creates a handler of the requests in a namespace.
   *
   * @param namespace the controller's own
   */
  public ManualFailoverHandler(
      ClusterState view,
      FailoverStore objects,
      CandidateSelector candidates,
      FailoverStarter starter,
      ActiveFailovers failovers,
      String namespace,
      Clocks clocks) {
    this.view = view;
    this.objects = objects;
    this.candidates = candidates;
    this.starter = starter;
    this.failovers = failovers;
    this.namespace = namespace;
    this.clocks = clocks;
  }

  /** Answers a request, unless it has been answered. Deletes a request that is too old. */
  public void answer(
      RequestedFailover request,
      ManualEvaluation evaluation,
      Collection<NodeFacts> liveNodes,
      Optional<String> inactive) {
    JsonNode map = objects.get(Resources.CONFIG_MAPS, namespace, request.name()).orElse(null);
    // a policy of the chart guards requests with the label; one that lost it may say anything
    if (map == null || !OwnLabels.recordOf(map).equals(RequestedFailover.LABEL_VALUE)) {
      return;
    }
    if (request.created().plus(KEPT).isBefore(clocks.now())) {
      objects.delete(Resources.CONFIG_MAPS, map);
      return;
    }
    if (map.path("data").path("answer").asText("").equals(EVALUATING)) {
      abandoned(map, request);
      return;
    }
    if (map.path("data").has("answer")) {
      return;
    }
    if (request.created().plus(NodeHealthMonitor.WORD).isBefore(clocks.now())) {
      // the command has ended: it withdraws a request that gets no answer within seconds
      write(
          map,
          "refused",
          "the request expired: it was not answered within %d minutes. If the node is still dead, repeat the command. If the request is new, synchronize the clock of the controller's node"
              .formatted(NodeHealthMonitor.WORD.toMinutes()));
      return;
    }
    // writes the answer "evaluating" first, so that only one of two leaders evaluates the request
    JsonNode claimed = write(map, EVALUATING, "");
    if (claimed == null) {
      return;
    }
    Optional<String> refusal =
        inactive.or(() -> begin(map.path("data"), request, evaluation, liveNodes));
    write(claimed, refusal.isEmpty() ? "accepted" : "refused", refusal.orElse("started"));
  }

  /** Refuses a request if the leader that evaluated it ended without an answer. */
  private void abandoned(JsonNode map, RequestedFailover request) {
    if (request.created().plus(EVALUATED_WITHIN).isBefore(clocks.now())) {
      write(
          map,
          "refused",
          "the controller stopped before it answered the request. Check the events of the claim, and repeat the command");
    }
  }

  private JsonNode write(JsonNode map, String answer, String text) {
    ObjectNode changed = map.deepCopy();
    changed.withObject("/data").put("answer", answer).put("text", text);
    return objects.replace(Resources.CONFIG_MAPS, namespace, changed).orElse(null);
  }

  /** Starts the requested failover, or returns why not. */
  private Optional<String> begin(
      JsonNode request,
      RequestedFailover requested,
      ManualEvaluation evaluation,
      Collection<NodeFacts> liveNodes) {
    String nodeName = request.path("node").asText();
    String claim = request.path("claim").asText();
    String pod = request.path("pod").asText();
    String by = request.path("requestedBy").asText("");
    NodeFacts node = view.node(nodeName).orElse(null);
    if (node == null) {
      return Optional.of(
          "node \"%s\" does not exist, so it holds no volume. Repeat the command; it determines the node again"
              .formatted(nodeName));
    }
    if (by.isEmpty()) {
      return Optional.of(
          "the request does not name the person who confirms that node %s is dead. Use the command rwop-guard failover of this version"
              .formatted(nodeName));
    }
    NodeHealth verdict = evaluation.of(node);
    if (!request.path("renewTime").asText().equals(verdict.renewTime())) {
      return Optional.of(
          new Refusal(
                  RefusalReason.ALIVE,
                  "node %s has renewed its Lease since the request. If it is dead now, repeat the command"
                      .formatted(nodeName))
              .toString());
    }
    if (verdict.refusal().isPresent()) {
      return verdict.refusal().map(Refusal::toString);
    }
    String namespaceOfPod = request.path("namespace").asText();
    boolean gone = request.path("podUid").asText().isEmpty();
    CandidateSelector.Verdict judged =
        gone
            ? candidates.judgeSuccessor(namespaceOfPod, pod, nodeName, liveNodes)
            : candidates.judge(namespaceOfPod, pod, nodeName, liveNodes);
    if (judged.pod().isEmpty()) {
      return Optional.of(
          "Pod %s is no longer on node %s. If the volume is still attached there, repeat the command"
              .formatted(pod, nodeName));
    }
    if (judged.refusal().isPresent()) {
      return judged.refusal().map(Refusal::toString);
    }
    if (!judged.pod().get().uid().equals(request.path("podUid").asText())) {
      return Optional.of("Pod %s was recreated meanwhile. Repeat the command".formatted(pod));
    }
    String claimUid = request.path("claimUid").asText();
    if (judged.pod().get().volumes().stream()
        .flatMap(List::stream)
        .noneMatch(each -> each.claim().equals(claim) && each.claimUid().equals(claimUid))) {
      return Optional.of(
          "Pod %s does not use claim %s, or the claim was recreated. Repeat the command"
              .formatted(pod, claim));
    }
    Instant now = CandidateSelector.truncated(clocks.now());
    // the API server's clock may be ahead
    Instant given = requested.created().isAfter(now) ? now : requested.created();
    FailoverStarter.Word word = new FailoverStarter.Word(by, requested.name(), given);
    Optional<FailoverRecord> inProgress =
        failovers.vouch(request.path("podUid").asText(), claimUid, verdict.renewTime(), by, given);
    if (inProgress.isPresent()) {
      starter.vouched(inProgress.get(), word);
      return Optional.empty();
    }
    return starter
        .begin(
            judged,
            verdict,
            Optional.of(word),
            "%s confirms that it is dead (request %s)".formatted(by, requested.name()))
        .map(Refusal::toString);
  }

  /** Returns the ConfigMap of a request, as the command writes it. */
  static ObjectNode toJson(
      String namespace, String name, FailoverRecord.Claim claim, ObjectNode data) {
    ObjectNode map = JSON.createObjectNode();
    map.put("apiVersion", "v1").put("kind", "ConfigMap");
    ObjectNode metadata = map.putObject("metadata");
    metadata.put("name", name).put("namespace", namespace);
    OwnLabels.putRecord(metadata, RequestedFailover.LABEL_VALUE);
    map.set(
        "data", data.put("schema", "1").put("claim", claim.name()).put("claimUid", claim.uid()));
    return map;
  }
}
