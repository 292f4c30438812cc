package io.rwopguard.failover.plan;

import io.rwopguard.config.KnownBehavior;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.PodAnnotations;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Evaluates whether a Pod on a dead node may be deleted, and its volumes attached elsewhere. */
public final class FailoverEligibility {

  /** The kinds of controllers whose Pods Kubernetes itself recreates, on any node. */
  private static final Set<Kind> RECREATING =
      EnumSet.of(Kind.STATEFUL_SET, Kind.REPLICA_SET, Kind.REPLICATION_CONTROLLER);

  /** The value of the annotation {@code rwop-guard.io/failover} that opts out. */
  public static final String DISABLED = "disabled";

  private static final String ENABLED = "enabled";

  private final DriverGuarantees statements;

  public FailoverEligibility(DriverGuarantees statements) {
    this.statements = statements;
  }

  /**
   * Returns why the Pod may not be deleted; empty if it may.
   *
   * @param liveNodes the nodes that could run its successor
   */
  public Optional<Refusal> check(PodFacts pod, Collection<NodeFacts> liveNodes) {
    return consent(pod)
        .or(() -> recreation(pod))
        .or(() -> volumes(pod))
        .or(() -> sharedVolumes(pod))
        .or(() -> otherConsumers(pod))
        .or(() -> tolerations(pod))
        .or(() -> SchedulingFit.missing(pod, liveNodes));
  }

  private static Optional<Refusal> consent(PodFacts pod) {
    if (pod.choice().equals(DISABLED)) {
      return refuse(
          RefusalReason.OPTED_OUT,
          "Pod %s or its workload has the annotation rwop-guard.io/failover: disabled. Remove it, or move the Pod yourself"
              .formatted(pod));
    }
    return pod.optedIn()
        ? Optional.empty()
        : refuse(
            RefusalReason.NOT_OPTED_IN,
            "the namespace of Pod %s does not have the label rwop-guard.io/failover: enabled. Add it to have its Pods failed over"
                .formatted(pod));
  }

  private static Optional<Refusal> recreation(PodFacts pod) {
    Controller controller = pod.controller().orElse(null);
    if (controller == null) {
      return refuse(
          RefusalReason.NO_CONTROLLER,
          "nothing recreates Pod %s. Put it into a StatefulSet with one replica".formatted(pod));
    }
    boolean known = controller.kind().filter(RECREATING::contains).isPresent();
    if (!known && !pod.choice().equals(ENABLED)) {
      return refuse(
          RefusalReason.NO_CONTROLLER,
          "it is unknown whether %s recreates Pod %s on another node. If it does, add the annotation rwop-guard.io/failover: enabled to the Pod"
              .formatted(controller, pod));
    }
    // for a kind that is not read, the annotation above is the only evidence
    return pod.recreated().orElse(true)
        ? Optional.empty()
        : refuse(
            RefusalReason.NO_CONTROLLER,
            "%s is gone, being deleted or scaled to zero, so nothing recreates Pod %s"
                .formatted(controller, pod));
  }

  private Optional<Refusal> volumes(PodFacts pod) {
    List<VolumeFacts> volumes = pod.volumes().orElse(null);
    if (volumes == null) {
      return refuse(
          RefusalReason.UNKNOWN_VOLUME,
          "a claim of Pod %s does not exist or is not bound, or its volume does not exist or names another claim. What stops its writer is therefore unknown. Find it with kubectl get pvc,pv, then create, bind or repair it. The failover is tried again"
              .formatted(pod));
    }
    return volumes.stream()
        .filter(volume -> !volume.manyWriters())
        .map(volume -> stopped(pod.toString(), volume))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /**
   * Checks what would stop a writer that is still alive. Nothing is deleted without an answer.
   *
   * @return why nothing would stop it; empty if something would
   */
  public Optional<Refusal> stopped(String pod, VolumeFacts volume) {
    String driver = volume.driver().orElse(null);
    if (volume.inTree().isPresent()) {
      return refuse(
          RefusalReason.IN_TREE_VOLUME,
          "volume %s of Pod %s is served by %s, but its object is in-tree (%s), so the name of its VolumeAttachment is unknown. Recreate the PersistentVolume with a csi source, as docs/guides/migration.md describes"
              .formatted(
                  volume.volume(),
                  pod,
                  volume.inTree().get().driver(),
                  volume.inTree().get().field()));
    }
    if (driver == null) {
      return refuse(
          RefusalReason.LOCAL_VOLUME,
          "volume %s of Pod %s is not a CSI volume, so nothing can detach it from the node. Use a volume of a CSI driver"
              .formatted(volume.volume(), pod));
    }
    if (statements.fenced().contains(driver)) {
      return Optional.empty();
    }
    if (volume.attaches().isEmpty()) {
      return refuse(
          RefusalReason.UNKNOWN_VOLUME,
          "CSIDriver %s of Pod %s does not exist, so it is unknown whether the driver attaches volumes. The failover is tried again"
              .formatted(driver, pod));
    }
    if (!volume.attaches().get()) {
      return refuse(
          RefusalReason.UNFENCED_DRIVER,
          "driver %s of Pod %s does not attach volumes (attachRequired: false), so nothing keeps the old node from writing; %s"
              .formatted(driver, pod, KnownBehavior.adviceWithoutAttaching(driver)));
    }
    return statements.revokes(volume)
        ? Optional.empty()
        : refuse(RefusalReason.UNSTATED_DRIVER, unstated(pod, driver));
  }

  private static String unstated(String pod, String driver) {
    return "no statement says that driver %s of Pod %s revokes the old node's access; %s"
        .formatted(
            driver,
            pod,
            KnownBehavior.advice(driver)
                .orElseGet(
                    () ->
                        "if its vendor says that the driver revokes access when a volume is unpublished, set rwop-guard.failover.drivers.\"%s\".revokes-on-unpublish=true"
                            .formatted(driver)));
  }

  /**
   * Checks for storage that the old instance could still write to although its own volume is
   * revoked.
   */
  private Optional<Refusal> sharedVolumes(PodFacts pod) {
    List<String> unfenced =
        Stream.concat(
                pod.sharedVolumes().stream(),
                pod.volumes().stream()
                    .flatMap(List::stream)
                    .filter(volume -> volume.manyWriters() && !volume.readOnly())
                    .filter(
                        volume -> volume.driver().filter(statements.fenced()::contains).isEmpty())
                    .map(FailoverEligibility::shared))
            .toList();
    return unfenced.isEmpty() || pod.sharedAccepted()
        ? Optional.empty()
        : refuse(
            RefusalReason.SHARED_VOLUME,
            "Pod %s also writes to %s. An old instance on a node that is only cut off can still write there. Mount it read-only, fence its driver by a fence of the node, or accept this by the annotation %s: \"true\""
                .formatted(
                    pod, String.join(", ", unfenced), PodAnnotations.SHARED_VOLUMES_ACCEPTED));
  }

  private static String shared(VolumeFacts volume) {
    return volume
        .inTree()
        .map(source -> "%s (in-tree, served by %s)".formatted(volume.claim(), source.driver()))
        .orElse(volume.claim());
  }

  private static Optional<Refusal> otherConsumers(PodFacts pod) {
    return pod.otherConsumers().isEmpty()
        ? Optional.empty()
        : refuse(
            RefusalReason.CLAIM_SHARED,
            "Pod %s shares a claim with %s, which uses it on the same node or has opted out of failover. The volume cannot be detached for one of them alone. Give each its own claim with access mode ReadWriteOncePod"
                .formatted(pod, String.join(", ", pod.otherConsumers())));
  }

  /**
   * Checks that the Pod does not tolerate our taint. Until Kubernetes marks the node NotReady, the
   * scheduler could place the successor of such a Pod there again.
   */
  private static Optional<Refusal> tolerations(PodFacts pod) {
    return SchedulingFit.isTolerated(FailoverTaints.FAILED_OVER, pod.spec())
        ? refuse(
            RefusalReason.TOLERATES_EVERYTHING,
            "Pod %s tolerates the taint %s, so its successor may be scheduled back to the dead node. List only the taints that it needs to tolerate"
                .formatted(pod, FailoverTaints.FAILED_OVER_KEY))
        : Optional.empty();
  }

  private static Optional<Refusal> refuse(RefusalReason reason, String text) {
    return Optional.of(new Refusal(reason, text));
  }
}
