package io.rwopguard.failover.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.NodeCoverage;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.report.FailoverAnnotations;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.kube.Hashes;
import io.rwopguard.model.KubeObject;
import java.time.Instant;
import java.util.Optional;

/** Starts failovers: writes the record, and reports the start. */
public final class FailoverStarter {

  private static final int SUFFIX = 10;

  /**
   * The assertion of an administrator that a node is dead.
   *
   * @param by the administrator
   * @param request the name of the request that contains it
   * @param given when, by the leader's clock
   */
  public record Word(String by, String request, Instant given) {}

  private final FailoverStore objects;
  private final CandidateSelector candidates;
  private final NodeCoverage coverage;
  private final ActiveFailovers failovers;
  private final FailoverAnnotations annotations;
  private final FailoverReporter speaker;
  private final Clocks clocks;

  /** Creates a starter of failovers. */
  public FailoverStarter(
      FailoverStore objects,
      CandidateSelector candidates,
      NodeCoverage coverage,
      ActiveFailovers failovers,
      FailoverAnnotations annotations,
      FailoverReporter speaker,
      Clocks clocks) {
    this.objects = objects;
    this.candidates = candidates;
    this.coverage = coverage;
    this.failovers = failovers;
    this.annotations = annotations;
    this.speaker = speaker;
    this.clocks = clocks;
  }

  /**
   * Starts a failover.
   *
   * @param word the assertion of an administrator that the node is dead; empty for an automatic
   *     failover
   * @return why it may not start; empty if it has
   */
  public Optional<Refusal> begin(
      CandidateSelector.Verdict judged, NodeHealth verdict, Optional<Word> word, String why) {
    PodFacts pod = judged.pod().orElseThrow();
    JsonNode node = objects.node(verdict.node()).orElse(null);
    if (node == null) {
      return Optional.of(
          new Refusal(
              RefusalReason.CHANGED,
              "the Node object %s is gone, so Kubernetes deletes its Pods"
                  .formatted(verdict.node())));
    }
    String key = pod.uid();
    if (key.isEmpty()) {
      key = attachmentUid(judged).orElse("");
      if (key.isEmpty()) {
        return Optional.of(
            new Refusal(
                RefusalReason.CHANGED,
                "no volume of Pod %s is attached to node %s any more"
                    .formatted(pod, verdict.node())));
      }
    }
    FailoverRecord decided =
        candidates.record(
            // one for each missed renewal: a Pod that survived one silence may not survive the next
            key
                + "-"
                + Hashes.sha256(verdict.renewTime() + word.map(Word::request).orElse(""))
                    .substring(0, SUFFIX),
            pod,
            verdict,
            KubeObject.of(node).uid(),
            NodeReader.bootId(node),
            clocks.now());
    FailoverRecord record =
        word.map(each -> decided.vouchedBy(each.by(), each.given())).orElse(decided);
    Optional<Refusal> refusal =
        coverage
            .beforeDeletion(record, judged.targets())
            .or(() -> failovers.begin(record, judged.targets()));
    if (refusal.isEmpty()) {
      speaker.began(record, why);
      annotations.showStart(record);
      speaker.traceBegan(record);
    }
    return refusal;
  }

  /** Reports that a person vouches for the node of a failover that is in progress already. */
  public void vouched(FailoverRecord record, Word word) {
    speaker.vouched(record, word.by(), word.request());
  }

  /** Returns the lowest UID of the attachments that a deleted Pod left on the node. */
  private Optional<String> attachmentUid(CandidateSelector.Verdict judged) {
    return judged.targets().stream()
        .map(FailoverTarget::attachment)
        .filter(name -> !name.isEmpty())
        .flatMap(name -> objects.attachment(name).stream())
        .map(json -> KubeObject.of(json).uid())
        .sorted()
        .findFirst();
  }
}
