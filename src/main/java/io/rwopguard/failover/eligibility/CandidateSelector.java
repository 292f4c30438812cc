package io.rwopguard.failover.eligibility;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.cluster.OptedIn;
import io.rwopguard.failover.plan.DriverGuarantees;
import io.rwopguard.failover.plan.FailoverEligibility;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.plan.VolumeFacts;
import io.rwopguard.kube.Hashes;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Evaluates whether Pods of dead nodes may be failed over, and what that takes. It reads the
 * cluster and the settings each time, also for a failover that an earlier leader started. A record
 * proves nothing.
 */
public final class CandidateSelector {

  private final PodFactsReader reader;
  private final FailoverEligibility judge;
  private final DriverGuarantees statements;

  /**
   * The result of an evaluation.
   *
   * @param pod empty if it is gone, or on another node by now
   * @param refusal why it may not be failed over
   * @param targets the volumes to detach, if it may
   */
  public record Verdict(
      Optional<PodFacts> pod, Optional<Refusal> refusal, List<FailoverTarget> targets) {

    /** Returns whether to emit an Event: not for a Pod that never opted in, or that opted out. */
    public boolean aloud() {
      return refusal.isPresent()
          && refusal.get().reason() != RefusalReason.NOT_OPTED_IN
          && refusal.get().reason() != RefusalReason.OPTED_OUT;
    }
  }

  /** Creates a selector that applies these statements about drivers. */
  public CandidateSelector(PodFactsReader reader, DriverGuarantees statements) {
    this.reader = reader;
    this.judge = new FailoverEligibility(statements);
    this.statements = statements;
  }

  /** Evaluates a Pod on a dead node. */
  public Verdict judge(
      String namespace, String name, String node, Collection<NodeFacts> liveNodes) {
    return judge(
        reader.read(namespace, name).filter(read -> read.node().equals(node)), node, liveNodes);
  }

  /** Evaluates a Pod that waits for volumes which are still attached to a dead node. */
  public Verdict judgeSuccessor(
      String namespace, String name, String node, Collection<NodeFacts> liveNodes) {
    return judge(reader.readSuccessor(namespace, name, node), node, liveNodes);
  }

  private Verdict judge(Optional<PodFacts> read, String node, Collection<NodeFacts> liveNodes) {
    if (read.isEmpty()) {
      return new Verdict(Optional.empty(), Optional.empty(), List.of());
    }
    PodFacts pod = read.get();
    Optional<Refusal> refusal = judge.check(pod, liveNodes).or(() -> noClaim(pod));
    return new Verdict(
        read,
        refusal,
        refusal.isPresent() ? List.of() : targets(pod.volumes().orElseThrow(), node));
  }

  private static Optional<Refusal> noClaim(PodFacts pod) {
    return pod.claim().isPresent()
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalReason.UNKNOWN_VOLUME,
                "Pod %s no longer has a claim that only one node may write to".formatted(pod)));
  }

  /**
   * Returns the targets of a failover whose Pod is gone already, derived from its claims as they
   * are now. Returns empty if one of them could not be evaluated.
   */
  public Optional<List<FailoverTarget>> targets(FailoverRecord record) {
    List<VolumeFacts> volumes = new ArrayList<>();
    for (FailoverRecord.Claim claim : record.allClaims()) {
      Optional<VolumeFacts> volume =
          reader
              .volume(record.namespace(), claim.name(), false)
              .filter(found -> found.claimUid().equals(claim.uid()));
      if (volume.isEmpty() || judge.stopped(record.toString(), volume.get()).isPresent()) {
        return Optional.empty();
      }
      volumes.add(volume.get());
    }
    return OptedIn.isOptedIn(record.namespace(), reader.inventory())
        ? Optional.of(targets(volumes, record.node()))
        : Optional.empty();
  }

  /** Returns whether a workload still wants a Pod in place of this one, as far as that is known. */
  public boolean wantsReplacement(ObjectKey workload, String pod) {
    return reader.wantsReplacement(workload, pod);
  }

  /** Returns whether a workload, or its own controller, is annotated not to be failed over. */
  public boolean optsOut(ObjectKey workload) {
    return reader.optsOut(workload);
  }

  /** Returns whether at least one claim of a failover is still the one that it started with. */
  public boolean claimsExist(FailoverRecord record) {
    return record.claims().stream()
        .anyMatch(
            claim ->
                reader
                    .claimUid(record.namespace(), claim.name())
                    .filter(claim.uid()::equals)
                    .isPresent());
  }

  private List<FailoverTarget> targets(List<VolumeFacts> volumes, String node) {
    return volumes.stream()
        .filter(
            volume ->
                !volume.manyWriters() || (!volume.readOnly() && statements.needsFence(volume)))
        .map(volume -> target(volume, node))
        .toList();
  }

  private FailoverTarget target(VolumeFacts volume, String node) {
    boolean attaches = volume.attaches().orElse(false) && !volume.manyWriters();
    return new FailoverTarget(
        volume.claim(),
        volume.volume(),
        volume.driver().orElse(""),
        volume.handle(),
        volume.uniqueName(),
        attaches ? attachmentName(volume, node) : "",
        attaches ? statements.releaseOf(volume) : VolumeRelease.POD_ONLY,
        statements.needsFence(volume));
  }

  /** Returns why no statement covers a volume of a single writer; empty if one does. */
  Optional<Refusal> uncovered(VolumeFacts volume, String pod) {
    return judge.stopped(pod, volume);
  }

  /** Truncates a time to milliseconds, since API servers and records do not keep nanoseconds. */
  public static Instant truncated(Instant at) {
    return at.truncatedTo(ChronoUnit.MILLIS);
  }

  /** Returns the record with which a failover starts. */
  public FailoverRecord record(
      String key, PodFacts pod, NodeHealth node, String nodeUid, String bootId, Instant now) {
    return new FailoverRecord(
        key,
        pod.namespace(),
        pod.name(),
        pod.uid(),
        node.node(),
        nodeUid,
        bootId,
        node.renewTime(),
        pod.volumes().orElseThrow().stream()
            .filter(volume -> !volume.manyWriters())
            .map(volume -> new FailoverRecord.Claim(volume.claim(), volume.claimUid()))
            .toList(),
        pod.volumes().orElseThrow().stream()
            .filter(volume -> volume.manyWriters() && !volume.readOnly())
            .filter(statements::needsFence)
            .map(volume -> new FailoverRecord.Claim(volume.claim(), volume.claimUid()))
            .toList(),
        pod.controller().map(Object::toString).orElse(""),
        reader.workloadOf(pod),
        "",
        Map.of(Step.SILENT, truncated(now.minus(node.silence())), Step.DECIDED, truncated(now)),
        Optional.empty());
  }

  /**
   * Returns the name that Kubernetes gives a VolumeAttachment (k8s.io/kubernetes
   * pkg/volume/csi/csi_attacher.go: getAttachmentName).
   */
  static String attachmentName(VolumeFacts volume, String node) {
    return "csi-" + Hashes.sha256(volume.handle() + volume.driver().orElseThrow() + node);
  }
}
