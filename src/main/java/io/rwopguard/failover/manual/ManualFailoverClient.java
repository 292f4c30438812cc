package io.rwopguard.failover.manual;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cluster.EndedPods;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.RecordFormat;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Requests a manual failover for the command. It creates a request in the controller's own
 * namespace, which takes the right to create ConfigMaps there. It then follows the failover's
 * record.
 */
public final class ManualFailoverClient {

  private static final String PREFIX = "rwop-guard-request-";

  private final Supplier<String> author;
  private final FailoverStore objects;
  private final ClaimKey claim;
  private final String namespace;
  private final String name = PREFIX + UUID.randomUUID();
  private final Set<Step> told = EnumSet.noneOf(Step.class);
  private String pod = "";
  private String uid = "";
  private String node = "";
  private String renewTime = "";
  private String ready = "";
  private String claimUid = "";

  /**
   * The controller's answer.
   *
   * @param text the reason, if it refused
   */
  public record Answer(boolean accepted, String text) {}

  /**
   * Prepares a request.
   *
   * @param namespace the controller's own
   */
  public ManualFailoverClient(KubernetesClient client, ClaimKey claim, String namespace) {
    this(() -> author(client), new FailoverStore(client, () -> true), claim, namespace);
  }

  ManualFailoverClient(
      Supplier<String> author, FailoverStore objects, ClaimKey claim, String namespace) {
    this.author = author;
    this.objects = objects;
    this.claim = claim;
    this.namespace = namespace;
  }

  /** Finds the claim's Pod and its node. Returns what is missing, if something is. */
  public Optional<String> look() {
    JsonNode json =
        objects
            .object(new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, claim.namespace(), claim.name()))
            .orElse(null);
    if (json == null) {
      return Optional.of(
          "PersistentVolumeClaim %s does not exist. Pass an existing claim as NAMESPACE/CLAIM"
              .formatted(claim));
    }
    claimUid = KubeObject.of(json).uid();
    List<JsonNode> pods = consumers();
    Optional<JsonNode> attached = attachedTo(KubeObject.of(json).volumeName());
    // the node that holds the volume is the one that matters, whatever Pods exist by now
    node =
        attached
            .map(each -> KubeObject.of(each).nodeName())
            .or(
                () ->
                    pods.stream()
                        .map(ManualFailoverClient::nodeOf)
                        .filter(n -> !n.isEmpty())
                        .findFirst())
            .orElse("");
    if (node.isEmpty()) {
      return Optional.of(
          "no Pod that uses claim %s runs on a node, and its volume is not attached, so no failover is needed. If a Pod is Pending, check kubectl describe pod"
              .formatted(claim));
    }
    JsonNode old = pods.stream().filter(each -> nodeOf(each).equals(node)).findFirst().orElse(null);
    JsonNode found = old != null ? old : pods.stream().findFirst().orElse(null);
    if (found == null) {
      return Optional.of(
          "the volume of claim %s is attached to node %s, but no Pod uses the claim or waits for it. If a Pod should run, scale its workload to 1 and repeat the command. Otherwise, Kubernetes detaches the volume"
              .formatted(claim, node));
    }
    pod = KubeObject.of(found).name();
    uid = old == null ? "" : KubeObject.of(found).uid();
    renewTime = objects.nodeLease(node).map(NodeReader::renewTime).orElse("");
    ready =
        objects
            .node(node)
            .map(NodeReader::read)
            .map(facts -> facts.ready().name().toLowerCase(Locale.ROOT))
            .orElse("unknown, because the Node object is gone");
    return Optional.empty();
  }

  private static String nodeOf(JsonNode pod) {
    return KubeObject.of(pod).nodeName();
  }

  /** Returns the Pods of the claim that have not ended: an evicted Pod keeps its node's name. */
  private List<JsonNode> consumers() {
    List<JsonNode> consumers = new ArrayList<>();
    for (JsonNode each : objects.list(Resources.of(Kind.POD), claim.namespace(), Map.of())) {
      if (EndedPods.isOver(each)) {
        continue;
      }
      for (JsonNode volume : KubeObject.of(each).spec().path("volumes")) {
        if (volume.path("persistentVolumeClaim").path("claimName").asText().equals(claim.name())) {
          consumers.add(each);
        }
      }
    }
    return consumers;
  }

  /**
   * Returns the attachment of the volume. If there are several, the node that got the volume first
   * still holds it, and the others wait.
   */
  private Optional<JsonNode> attachedTo(String volume) {
    return objects.list(Resources.VOLUME_ATTACHMENTS, "", Map.of()).stream()
        .filter(
            each ->
                !volume.isEmpty()
                    && KubeObject.of(each)
                        .spec()
                        .path("source")
                        .path("persistentVolumeName")
                        .asText()
                        .equals(volume))
        .min(
            Comparator.comparing(ManualFailoverClient::isPending)
                .thenComparing(
                    each -> KubeObject.of(each).metadata().path("creationTimestamp").asText("")));
  }

  private static boolean isPending(JsonNode attachment) {
    return !KubeObject.of(attachment).status().path("attached").asBoolean();
  }

  /** Returns the node that the request declares dead. */
  public String node() {
    return node;
  }

  /** Describes the planned actions, for a person to read before confirming them. */
  public String description() {
    String silence =
        renewTime.isEmpty()
            ? "it has no Lease"
            : "its Lease was renewed %d s ago"
                .formatted(Duration.between(Instant.parse(renewTime), Instant.now()).toSeconds());
    return uid.isEmpty()
        ? """
        The volume of claim %s is attached to node %s, whose Pod is gone; Pod %s waits for it.
        The Ready condition of the node is %s; %s.
        rwop-guard will detach the volume from that node."""
            .formatted(claim, node, pod, ready, silence)
        : """
        Claim %s is used by Pod %s on node %s.
        The Ready condition of the node is %s; %s.
        rwop-guard will delete the Pod without waiting for its node, and detach its volumes from that node."""
            .formatted(claim, pod, node, ready, silence);
  }

  /** Creates the request, with its author's name as the API server knows it. */
  public void submit() {
    ObjectNode data = new JsonMapper().createObjectNode();
    data.put("namespace", claim.namespace())
        .put("pod", pod)
        .put("podUid", uid)
        .put("node", node)
        .put("renewTime", renewTime)
        .put("requestedBy", author.get());
    objects.create(
        Resources.CONFIG_MAPS,
        namespace,
        ManualFailoverHandler.toJson(namespace, name, new Claim(claim.name(), claimUid), data));
  }

  /** Returns this client's user name (authentication.k8s.io SelfSubjectReview). */
  private static String author(KubernetesClient client) {
    String answer =
        client.raw(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            "POST",
            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}");
    try {
      return new JsonMapper()
          .readTree(answer)
          .path("status")
          .path("userInfo")
          .path("username")
          .asText(System.getProperty("user.name"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "the API server's answer to a SelfSubjectReview cannot be read, so the request cannot name its author. Check with kubectl auth whoami",
          e);
    }
  }

  /**
   * Withdraws the request. Returns false if the controller has answered it meanwhile, so that the
   * answer counts.
   */
  public boolean withdraw() {
    JsonNode map = objects.get(Resources.CONFIG_MAPS, namespace, name).orElse(null);
    return map == null
        || (!map.path("data").has("answer") && objects.delete(Resources.CONFIG_MAPS, map));
  }

  /** Returns the controller's answer; empty until it has answered. */
  public Optional<Answer> answer() {
    return objects
        .get(Resources.CONFIG_MAPS, namespace, name)
        .map(map -> map.path("data"))
        .filter(data -> List.of("accepted", "refused").contains(data.path("answer").asText("")))
        .map(
            data ->
                new Answer(
                    data.path("answer").asText().equals("accepted"), data.path("text").asText()));
  }

  /** Returns the steps that were observed since the last call. */
  public List<String> newSteps() {
    List<String> steps = new ArrayList<>();
    record()
        .map(FailoverRecord::times)
        .ifPresent(
            times -> {
              for (Step step : Step.values()) {
                if (times.containsKey(step) && told.add(step)) {
                  steps.add(times.get(step) + " " + step.field());
                }
              }
            });
    return steps;
  }

  private Optional<FailoverRecord> record() {
    return objects
        .list(
            Resources.CONFIG_MAPS, namespace, Map.of(OwnLabels.RECORD, FailoverRecords.LABEL_VALUE))
        .stream()
        .flatMap(map -> RecordFormat.read(map.path("data").path("record").asText()).stream())
        .filter(record -> record.namespace().equals(claim.namespace()))
        .filter(record -> record.claims().stream().anyMatch(each -> each.uid().equals(claimUid)))
        .filter(record -> record.node().equals(node) && record.renewTime().equals(renewTime))
        .findFirst();
  }

  /** Returns how the failover ended; empty while it is in progress. */
  public Optional<String> outcome() {
    return record().flatMap(FailoverRecord::outcome).map(Outcome::id);
  }

  /** Returns whether another Pod runs. */
  public boolean isDone() {
    return outcome().filter(Outcome.DONE.id()::equals).isPresent();
  }
}
