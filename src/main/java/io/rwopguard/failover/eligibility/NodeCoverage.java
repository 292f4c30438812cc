package io.rwopguard.failover.eligibility;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.EndedPods;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.DriverGuarantees;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.plan.VolumeFacts;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Evaluates whether the taint {@code node.kubernetes.io/out-of-service} may be set on a node. It
 * means "this node is off" and concerns every Pod there, of all namespaces.
 *
 * <p>PodGC force-deletes the Pods that terminate (k8s.io/kubernetes
 * pkg/controller/podgc/gc_controller.go). The attach/detach controller detaches every volume whose
 * Pod is gone or has ended (pkg/controller/volume/attachdetach/reconciler).
 */
public final class NodeCoverage implements Coverage {

  private static final int FORBIDDEN = 403;

  private final FailoverStore objects;
  private final PodFactsReader reader;
  private final CandidateSelector candidates;
  private final DriverGuarantees statements;
  private final Optional<? extends Fence> fence;
  private final Predicate<String> revokesOnUnpublish;

  /**
   * Creates the evaluation.
   *
   * @param revokesOnUnpublish whether a driver is known to revoke access whenever a volume is
   *     unpublished, and not under that taint alone
   */
  public NodeCoverage(
      FailoverStore objects,
      PodFactsReader reader,
      CandidateSelector candidates,
      DriverGuarantees statements,
      Optional<? extends Fence> fence,
      Predicate<String> revokesOnUnpublish) {
    this.objects = objects;
    this.reader = reader;
    this.candidates = candidates;
    this.statements = statements;
    this.fence = fence;
    this.revokesOnUnpublish = revokesOnUnpublish;
  }

  /**
   * Returns why a failover must not delete its Pod: its volumes may need the taint to be detached,
   * and the taint may not be set.
   */
  public Optional<Refusal> beforeDeletion(FailoverRecord record, List<FailoverTarget> targets) {
    return targets.stream().anyMatch(this::needsOutOfService)
        ? refusal(record, targets)
        : Optional.empty();
  }

  /**
   * Returns whether only the taint may be able to detach a volume: its driver is not known to
   * revoke access otherwise.
   */
  public boolean needsOutOfService(FailoverTarget target) {
    return target.isOutOfService() && !revokesOnUnpublish.test(target.driver());
  }

  @Override
  public Optional<Refusal> refusalAgain(FailoverRecord record, List<Covering> failovers) {
    List<FailoverTarget> targets = new ArrayList<>();
    Set<String> pods = new HashSet<>();
    for (Covering each : failovers) {
      boolean covers =
          !each.targets().isEmpty()
              && (each.targets().stream().noneMatch(FailoverTarget::fence)
                  || fence
                      .filter(asked -> asked.isConfirmed(each.record(), each.targets()))
                      .isPresent());
      if (covers) {
        targets.addAll(each.targets());
        pods.add(each.record().podUid());
      }
    }
    return refusal(record, targets, pods);
  }

  /** Returns why the taint may not be set on the node of a failover; empty if it may. */
  public Optional<Refusal> refusal(FailoverRecord record, List<FailoverTarget> each) {
    return refusal(record, each, Set.of(record.podUid()));
  }

  private Optional<Refusal> refusal(
      FailoverRecord record, List<FailoverTarget> each, Set<String> ownPods) {
    if (fence.map(asked -> asked.isNodeConfirmed(record)).orElse(false)) {
      return Optional.empty();
    }
    Set<String> targets = each.stream().map(FailoverTarget::attachment).collect(Collectors.toSet());
    for (JsonNode attachment : objects.attachmentsOn(record.node())) {
      // also for a Pod whose object a person deleted: its container may still write
      Optional<Refusal> uncovered =
          targets.contains(KubeObject.of(attachment).name())
              ? Optional.empty()
              : readably(() -> attached(attachment, record), "", record);
      if (uncovered.isPresent()) {
        return uncovered;
      }
    }
    for (JsonNode pod : objects.podsOn(record.node())) {
      Optional<Refusal> uncovered =
          readably(
              () -> uncovered(pod, record, ownPods),
              "%s/%s".formatted(KubeObject.of(pod).namespace(), KubeObject.of(pod).name()),
              record);
      if (uncovered.isPresent()) {
        return uncovered;
      }
    }
    return Optional.empty();
  }

  /** Returns why the taint may not detach an attached volume once the volume's Pod has ended. */
  private Optional<Refusal> attached(JsonNode attachment, FailoverRecord record) {
    String volume =
        KubeObject.of(attachment).spec().path("source").path("persistentVolumeName").asText("");
    Optional<VolumeFacts> facts = volume.isEmpty() ? Optional.empty() : reader.volume(volume);
    boolean covered =
        facts
            .filter(
                found ->
                    found.manyWriters()
                        || (candidates.uncovered(found, record.toString()).isEmpty()
                            && !statements.needsFence(found)))
            .isPresent();
    return covered
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalReason.UNCOVERED_NODE,
                "volume %s is attached to node %s, and the out-of-service taint would detach it, but no setting states what stops its writer. Add the statement for its driver, fence the node, or set rwop-guard.failover.release=volume"
                    .formatted(volume.isEmpty() ? "(inline)" : volume, record.node())));
  }

  /** Runs an evaluation. A volume that may not be read is not covered. */
  private static Optional<Refusal> readably(
      Supplier<Optional<Refusal>> evaluation, String pod, FailoverRecord record) {
    try {
      return evaluation.get();
    } catch (KubernetesClientException e) {
      if (e.getCode() != FORBIDDEN) {
        throw e;
      }
      return refuse(
          pod.isEmpty() ? "(unknown)" : pod,
          "a volume that this controller may not read (failover.namespaces)",
          record);
    }
  }

  private static Optional<Refusal> refuse(String pod, String volume, FailoverRecord record) {
    return Optional.of(
        new Refusal(
            RefusalReason.UNCOVERED_NODE,
            "Pod %s on node %s uses %s, and no setting states what stops its writer. The out-of-service taint would force-delete that Pod and detach that volume, too. Add the statement for its driver, fence the node, or set rwop-guard.failover.release=volume"
                .formatted(pod, record.node(), volume)));
  }

  private Optional<Refusal> uncovered(JsonNode pod, FailoverRecord record, Set<String> ownPods) {
    JsonNode metadata = KubeObject.of(pod).metadata();
    String namespace = metadata.path("namespace").asText();
    String name = namespace + "/" + metadata.path("name").asText();
    if (EndedPods.isOver(pod) || ownPods.contains(metadata.path("uid").asText())) {
      return Optional.empty();
    }
    List<String> inline = InlineVolumes.shared(KubeObject.of(pod).spec());
    if (!inline.isEmpty()) {
      return refuse(name, inline.get(0), record);
    }
    for (JsonNode volume : KubeObject.of(pod).spec().path("volumes")) {
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

  /** Returns the claim of a volume. A generic ephemeral claim is named after Pod and volume. */
  private static String claimOf(JsonNode volume, String pod) {
    return volume.has("ephemeral")
        ? pod + "-" + volume.path("name").asText()
        : volume.path("persistentVolumeClaim").path("claimName").asText("");
  }
}
