package io.rwopguard.failover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A failover that somebody asks for by hand, as the other side of it sees it: it is written on the
 * claim's Lease, answered there, and followed there.
 */
public final class FailoverRequest {

  private static final JsonMapper JSON = new JsonMapper();

  private final FailoverObjects objects;
  private final ClaimKey claim;
  private final String id = UUID.randomUUID().toString();
  private final Set<Step> told = EnumSet.noneOf(Step.class);
  private String pod = "";
  private String uid = "";
  private String node = "";
  private String renewTime = "";
  private String ready = "";
  private String lastBefore = "";

  /**
   * What the controller said.
   *
   * @param text why not, if it refused
   */
  public record Answer(boolean accepted, String text) {}

  /** Prepares one for this claim's Pod. */
  public FailoverRequest(KubernetesClient client, ClaimKey claim) {
    this.objects = new FailoverObjects(client, () -> true);
    this.claim = claim;
  }

  /** Looks the Pod and its node up; says what is missing, if something is. */
  public Optional<String> look() {
    PrimaryLease lease = lease().orElse(null);
    if (lease == null) {
      return Optional.of(
          "claim %s has no Lease of rwop-guard's: label its namespace rwop-guard.io/failover: enabled, and switch failover on"
              .formatted(claim));
    }
    String[] holder = lease.holder().split("/", -1);
    JsonNode found =
        objects.object(new ObjectKey(Kind.POD, claim.namespace(), holder[0])).orElse(null);
    if (found == null) {
      return Optional.of(
          "Pod %s, the last that used claim %s, is gone; nothing keeps another from coming"
              .formatted(holder[0], claim));
    }
    pod = holder[0];
    uid = found.path("metadata").path("uid").asText();
    node = found.path("spec").path("nodeName").asText("");
    if (node.isEmpty()) {
      return Optional.of("Pod %s is on no node yet".formatted(pod));
    }
    lastBefore = lease.annotations().getOrDefault(PrimaryLease.LAST, "");
    renewTime = objects.nodeLease(node).map(ClusterView::renewTime).orElse("");
    ready =
        objects
            .node(node)
            .map(NodeReader::read)
            .map(facts -> facts.ready().name().toLowerCase(Locale.ROOT))
            .orElse("unknown, for the node is gone");
    return Optional.empty();
  }

  private Optional<PrimaryLease> lease() {
    return objects.primaryLease(claim);
  }

  /** The node that is said to be down. */
  public String node() {
    return node;
  }

  /** What is going to be done, for people to read before they say yes. */
  public String description() {
    String silence =
        renewTime.isEmpty()
            ? "it has no Lease"
            : "its Lease was renewed %d s ago"
                .formatted(Duration.between(Instant.parse(renewTime), Instant.now()).toSeconds());
    return """
        Claim %s is used by Pod %s on node %s.
        Ready is %s, %s.
        The Pod will be deleted without waiting for its node, and its volumes taken from there."""
        .formatted(claim, pod, node, ready, silence);
  }

  /** Asks for it. */
  public void submit(String by) {
    ObjectNode request = JSON.createObjectNode();
    request
        .put("id", id)
        .put("node", node)
        .put("pod", pod)
        .put("uid", uid)
        .put("renewTime", renewTime)
        .put("by", by);
    annotate(request.toString());
  }

  /** Takes back what nobody answered. */
  public void withdraw() {
    annotate(null);
  }

  private void annotate(String request) {
    ObjectNode patch = JSON.createObjectNode();
    patch.putObject("metadata").putObject("annotations").put(PrimaryLease.REQUESTED, request);
    objects.patch(claim, patch);
  }

  /** The controller's answer, once it has come. */
  public Optional<Answer> answer() {
    return lease()
        .map(lease -> lease.annotations().getOrDefault(PrimaryLease.ANSWER, "{}"))
        .map(FailoverRequest::parse)
        .filter(json -> json.path("id").asText().equals(id))
        .map(json -> new Answer(json.path("accepted").asBoolean(), json.path("text").asText()));
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return JSON.createObjectNode();
    }
  }

  /** The steps that have been done since this was asked last. */
  public List<String> newSteps() {
    List<String> steps = new ArrayList<>();
    lease()
        .flatMap(PrimaryLease::failover)
        .map(FailoverRecord::times)
        .ifPresent(
            times -> {
              for (Step step : Step.values()) {
                if (times.containsKey(step) && told.add(step)) {
                  steps.add(times.get(step) + " " + step.name().toLowerCase(Locale.ROOT));
                }
              }
            });
    return steps;
  }

  /** Whether it is no longer under way. */
  public boolean isOver() {
    return lease().map(lease -> lease.failover().isEmpty()).orElse(true);
  }

  /** Whether another Pod runs: there is a newer timeline than when this was begun. */
  public boolean isDone() {
    return lease()
        .map(lease -> lease.annotations().getOrDefault(PrimaryLease.LAST, ""))
        .filter(last -> !last.equals(lastBefore))
        .isPresent();
  }
}
