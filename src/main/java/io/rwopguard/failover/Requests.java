package io.rwopguard.failover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.plan.ApiContact;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeJudge;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.Suspicion;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Failovers that somebody asks for, who says that a node is down: an annotation on the claim's
 * Lease that names the node, what its Lease said last, and the Pod. The answer is another one.
 */
final class Requests {

  private static final JsonMapper JSON = new JsonMapper();

  private final ClusterView view;
  private final FailoverObjects objects;
  private final Heartbeats heartbeats;
  private final Reachability reachability;
  private final ApiContact contact;
  private final NodeJudge judge;
  private final Candidates candidates;
  private final Failovers failovers;
  private final FailoverMode mode;
  private final Set<String> answered = new HashSet<>();

  Requests(
      ClusterView view,
      FailoverObjects objects,
      Heartbeats heartbeats,
      Reachability reachability,
      ApiContact contact,
      NodeJudge judge,
      Candidates candidates,
      Failovers failovers,
      FailoverMode mode) {
    this.view = view;
    this.objects = objects;
    this.heartbeats = heartbeats;
    this.reachability = reachability;
    this.contact = contact;
    this.judge = judge;
    this.candidates = candidates;
    this.failovers = failovers;
    this.mode = mode;
  }

  /** Answers what has been asked. */
  void look(List<NodeFacts> nodes, boolean paused, long now) {
    Set<String> open = new HashSet<>();
    for (PrimaryLease lease : view.leases()) {
      String text = lease.annotations().get(PrimaryLease.REQUESTED);
      if (text != null) {
        open.add(text);
        if (answered.add(text)) {
          answer(lease, parse(text), nodes, paused, now);
        }
      }
    }
    answered.retainAll(open);
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return JSON.createObjectNode();
    }
  }

  private void answer(
      PrimaryLease lease, JsonNode request, List<NodeFacts> nodes, boolean paused, long now) {
    Optional<String> refusal = begin(lease, request, nodes, paused, now);
    ObjectNode answer = JSON.createObjectNode();
    answer
        .put("id", request.path("id").asText())
        .put("accepted", refusal.isEmpty())
        .put("text", refusal.orElse("begun"));
    ObjectNode patch = JSON.createObjectNode();
    patch
        .putObject("metadata")
        .putObject("annotations")
        .put(PrimaryLease.ANSWER, answer.toString())
        .putNull(PrimaryLease.REQUESTED);
    objects.patch(lease.claim(), patch);
  }

  /** Begins what is asked for, or says why not. */
  private Optional<String> begin(
      PrimaryLease lease, JsonNode request, List<NodeFacts> nodes, boolean paused, long now) {
    String nodeName = request.path("node").asText();
    String pod = request.path("pod").asText();
    String by = request.path("by").asText("somebody");
    NodeFacts node = view.node(nodeName).orElse(null);
    if (node == null) {
      return Optional.of("there is no node \"%s\"".formatted(nodeName));
    }
    if (failovers.isUnderWay(lease.claim())) {
      return Optional.of("it is being failed over already");
    }
    NodeVerdict verdict =
        judge.judgeAsToldDown(node, nodes, heartbeats, reachability, contact.isSteady(now), now);
    if (!request.path("renewTime").asText().equals(verdict.renewTime())) {
      return Optional.of(
          new Refusal(
                  Reason.ALIVE, "node %s has renewed its Lease since you asked".formatted(nodeName))
              .toString());
    }
    if (verdict.refusal().isPresent()) {
      return verdict.refusal().map(Refusal::toString);
    }
    List<NodeFacts> others =
        nodes.stream()
            .filter(
                other ->
                    heartbeats
                        .of(other.name(), now)
                        .filter(silence -> !Suspicion.isLate(silence))
                        .isPresent())
            .collect(Collectors.toList());
    Candidates.Verdict judged =
        candidates.judge(lease.claim().namespace(), pod, verdict, by, others, failovers.history());
    if (judged.pod().isEmpty()) {
      return Optional.of("Pod %s is no longer on node %s".formatted(pod, nodeName));
    }
    if (judged.refusal().isPresent()) {
      return judged.refusal().map(Refusal::toString);
    }
    if (!judged.pod().get().uid().equals(request.path("uid").asText())) {
      return Optional.of("Pod %s is another one by now; ask again".formatted(pod));
    }
    if (!judged.record().orElseThrow().claim().equals(lease.claim())) {
      return Optional.of(
          "Pod %s uses several claims; ask for %s, whose Lease keeps track of it"
              .formatted(pod, judged.record().orElseThrow().claim()));
    }
    if (paused) {
      return Optional.of(
          "failover is paused: remove the annotation %s from its Lease first"
              .formatted(FailoverService.PAUSED));
    }
    if (mode != FailoverMode.ENFORCE) {
      return Optional.of(
          "nothing speaks against it, but failover only observes; set rwop-guard.failover.mode=enforce");
    }
    return failovers.begin(
            judged.record().orElseThrow(), Optional.of(lease), by + " says that it is down", now)
        ? Optional.empty()
        : Optional.of("its Lease could not be written; ask again");
  }
}
