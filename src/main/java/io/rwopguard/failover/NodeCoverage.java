package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.Statements;
import io.rwopguard.failover.plan.VolumeFacts;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Tells whether the taint {@code node.kubernetes.io/out-of-service} may be set on a node. It means
 * "this node is off" and concerns every Pod there, of all namespaces: PodGC force-deletes those
 * that terminate (k8s.io/kubernetes pkg/controller/podgc/gc_controller.go), and attach/detach
 * detaches every volume whose Pod is gone or has ended
 * (pkg/controller/volume/attachdetach/reconciler).
 */
final class NodeCoverage {

  private static final int FORBIDDEN = 403;
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  private final FailoverObjects objects;
  private final PodFactsReader reader;
  private final Candidates candidates;
  private final Statements statements;
  private final Optional<? extends Fence> fence;
  private final Predicate<String> onlyOutOfService;

  /**
   * Evaluates by these.
   *
   * @param onlyOutOfService whether a driver is known to revoke access under that taint alone
   */
  NodeCoverage(
      FailoverObjects objects,
      PodFactsReader reader,
      Candidates candidates,
      Statements statements,
      Optional<? extends Fence> fence,
      Predicate<String> onlyOutOfService) {
    this.objects = objects;
    this.reader = reader;
    this.candidates = candidates;
    this.statements = statements;
    this.fence = fence;
    this.onlyOutOfService = onlyOutOfService;
  }

  /** Whether a volume cannot be released in any other way. */
  boolean needsOutOfService(FailoverTarget target) {
    return onlyOutOfService.test(target.driver());
  }

  /** Why the taint may not be set on the node of a failover; empty if it may. */
  Optional<Refusal> refusal(FailoverRecord record) {
    if (fence.map(asked -> asked.isNodeConfirmed(record)).orElse(false)) {
      return Optional.empty();
    }
    for (JsonNode pod : objects.podsOn(record.node())) {
      Optional<Refusal> uncovered = readably(pod, record);
      if (uncovered.isPresent()) {
        return uncovered;
      }
    }
    return Optional.empty();
  }

  private Optional<Refusal> readably(JsonNode pod, FailoverRecord record) {
    try {
      return uncovered(pod, record);
    } catch (KubernetesClientException e) {
      if (e.getCode() != FORBIDDEN) {
        throw e;
      }
      return refuse(
          "%s/%s"
              .formatted(
                  pod.path("metadata").path("namespace").asText(),
                  pod.path("metadata").path("name").asText()),
          "a claim that this controller may not read (failover.namespaces)",
          record);
    }
  }

  private static Optional<Refusal> refuse(String pod, String volume, FailoverRecord record) {
    return Optional.of(
        new Refusal(
            Reason.UNCOVERED_NODE,
            "Pod %s on node %s uses %s, of which no statement says what stops its writer, and the out-of-service taint would force-delete that Pod and detach that volume too; state it for its driver, fence the node, or use rwop-guard.failover.release=volume"
                .formatted(pod, record.node(), volume)));
  }

  private Optional<Refusal> uncovered(JsonNode pod, FailoverRecord record) {
    JsonNode metadata = pod.path("metadata");
    String namespace = metadata.path("namespace").asText();
    String name = namespace + "/" + metadata.path("name").asText();
    if (OVER.contains(pod.path("status").path("phase").asText())
        || metadata.path("uid").asText().equals(record.podUid())) {
      return Optional.empty();
    }
    List<String> inline = InlineVolumes.shared(pod.path("spec"));
    if (!inline.isEmpty()) {
      return refuse(name, inline.get(0), record);
    }
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      String claim = claimOf(volume, metadata.path("name").asText());
      if (claim.isEmpty()) {
        continue;
      }
      VolumeFacts facts = reader.volume(namespace, claim, false).orElse(null);
      boolean covered =
          facts != null
              && (facts.manyWriters()
                  || (candidates.uncovered(facts, name).isEmpty()
                      && !statements.needsFence(facts)));
      if (!covered) {
        return refuse(name, "claim " + claim, record);
      }
    }
    return Optional.empty();
  }

  /** The claim of a volume; a generic ephemeral volume's is named after Pod and volume. */
  private static String claimOf(JsonNode volume, String pod) {
    return volume.has("ephemeral")
        ? pod + "-" + volume.path("name").asText()
        : volume.path("persistentVolumeClaim").path("claimName").asText("");
  }
}
