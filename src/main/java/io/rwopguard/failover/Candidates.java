package io.rwopguard.failover;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverRecord.Target;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.PodJudge;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.Statements;
import io.rwopguard.failover.plan.VolumeFacts;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Judges Pods of dead nodes, and writes down what is to become of those that may be deleted. */
final class Candidates {

  private final PodFactsReader reader;
  private final PodJudge judge;
  private final Statements statements;
  private final Budget budget;
  private final Clocks clocks;

  /**
   * What is to become of a Pod.
   *
   * @param pod empty if it is gone, or on another node by now
   * @param refusal why nothing is
   * @param record what is begun, if nothing is refused
   */
  record Verdict(
      Optional<PodFacts> pod, Optional<Refusal> refusal, Optional<FailoverRecord> record) {

    /** Whether its people are told, who may never have heard of failover. */
    boolean aloud() {
      return refusal.isPresent()
          && refusal.get().reason() != Reason.NOT_OPTED_IN
          && refusal.get().reason() != Reason.OPTED_OUT;
    }
  }

  Candidates(PodFactsReader reader, Statements statements, Budget budget, Clocks clocks) {
    this.clocks = clocks;
    this.reader = reader;
    this.judge = new PodJudge(statements);
    this.statements = statements;
    this.budget = budget;
  }

  /** Judges a Pod by what is read of it now. */
  Verdict judge(
      String namespace,
      String name,
      NodeVerdict node,
      String byHand,
      Collection<NodeFacts> liveNodes,
      Collection<Budget.Entry> history) {
    PodFacts pod =
        reader.read(namespace, name).filter(read -> read.node().equals(node.node())).orElse(null);
    if (pod == null) {
      return new Verdict(Optional.empty(), Optional.empty(), Optional.empty());
    }
    Instant now = clocks.now();
    Optional<Refusal> refusal =
        judge
            .check(pod, liveNodes)
            .or(() -> noClaim(pod))
            .or(() -> budget.check(history, node.node(), pod.claim().orElseThrow(), now));
    return new Verdict(
        Optional.of(pod),
        refusal,
        refusal.isPresent() ? Optional.empty() : Optional.of(record(pod, node, byHand, now)));
  }

  private static Optional<Refusal> noClaim(PodFacts pod) {
    return pod.claim().isPresent()
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                Reason.UNKNOWN_VOLUME, "Pod %s has no claim of its own any more".formatted(pod)));
  }

  private FailoverRecord record(PodFacts pod, NodeVerdict node, String byHand, Instant now) {
    List<Target> targets =
        pod.volumes().orElseThrow().stream()
            .filter(volume -> !volume.manyWriters())
            .map(volume -> target(volume, node.node()))
            .toList();
    return new FailoverRecord(
        pod.claim().orElseThrow(),
        node.node(),
        pod.name(),
        pod.uid(),
        reader.workloadOf(pod),
        node.renewTime(),
        byHand,
        targets,
        Map.of(
            Step.SILENT,
            now.minus(node.silence()).truncatedTo(ChronoUnit.MILLIS),
            Step.DECIDED,
            now));
  }

  private Target target(VolumeFacts volume, String node) {
    boolean attaches = volume.attaches().orElse(false);
    return new Target(
        volume.claim(),
        volume.uniqueName(),
        attaches ? attachmentName(volume, node) : "",
        attaches ? statements.releaseOf(volume) : VolumeRelease.POD_ONLY,
        statements.needsFence(volume));
  }

  /** k8s.io/kubernetes pkg/volume/csi/csi_attacher.go: getAttachmentName. */
  static String attachmentName(VolumeFacts volume, String node) {
    return "csi-" + PrimaryLease.sha256(volume.handle() + volume.driver().orElseThrow() + node);
  }
}
