package io.rwopguard.failover.report;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.record.RecordFormat;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.model.ClaimKey;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Reports decisions in Events, in the log, in metrics, in traces and in {@code GET /failover}. */
public final class FailoverReporter {

  private static final Logger LOG = Logger.getLogger("io.rwopguard.failover");

  private final EventSink events;
  private final FailoverMetrics metrics;
  private final FailoverTraces traces;
  private final About election;

  /** The last decision on each Pod or node, for {@code GET /failover}. */
  private final Map<String, String> decisions = new ConcurrentHashMap<>();

  /**
   * Creates a reporter.
   *
   * @param election the object of Events that concern the whole cluster: the Lease of the leader
   */
  public FailoverReporter(
      EventSink events, FailoverMetrics metrics, FailoverTraces traces, About election) {
    this.events = events;
    this.metrics = metrics;
    this.traces = traces;
    this.election = election;
  }

  /** Returns the last decision on each Pod or node. */
  public Map<String, String> decisions() {
    return Map.copyOf(decisions);
  }

  /** Forgets the decisions on all other Pods and nodes. */
  public void keep(Set<String> pods) {
    decisions.keySet().retainAll(pods);
  }

  /**
   * Reports that a Pod on a dead node is not failed over.
   *
   * @param aloud whether to emit an Event
   */
  public void refused(PodFacts pod, Refusal refusal, boolean aloud) {
    if (isNews(pod.toString(), refusal)) {
      metrics.refused(refusal.reason());
      LOG.infof("Pod %s on node %s is not failed over: %s", pod, pod.node(), refusal);
    }
    if (aloud) {
      String message = "not failed over: " + refusal;
      events.say(
          About.pod(pod.namespace(), pod.name(), pod.uid()), true, "FailoverRefused", message);
      pod.claim()
          .ifPresent(
              claim ->
                  events.say(
                      About.claim(claim.namespace(), claim.name()),
                      true,
                      "FailoverRefused",
                      "Pod %s is %s".formatted(pod.name(), message)));
    }
  }

  /** Reports that nothing is done about a suspect node, nor about the Pods on it. */
  public void refused(String node, Refusal refusal, int pods) {
    if (isNews(node, refusal)) {
      metrics.refused(refusal.reason());
      LOG.infof("No Pod is failed over from suspect node %s: %s", node, refusal);
    }
    if (refusal.reason().isOfTheCluster()) {
      events.say(
          election,
          true,
          "FailoverRefused",
          "nothing is failed over: " + refusal,
          refusal.reason().id());
      return;
    }
    events.say(
        About.node(node),
        true,
        "FailoverRefused",
        pods + " Pods on ReadWriteOncePod claims are not failed over: " + refusal);
  }

  /** Returns whether the reason differs from the last one. Numbers in its text may change. */
  private boolean isNews(String about, Refusal refusal) {
    String before = decisions.put(about, refusal.toString());
    return before == null || !before.endsWith("(" + refusal.reason().id() + ")");
  }

  /**
   * Reports a failover that would start now if failover acted.
   *
   * @param paused whether failover is paused, and not in mode observe
   */
  public void wouldBegin(PodFacts pod, boolean paused) {
    String said =
        "its node is dead and it would be failed over now, but failover "
            + (paused ? "is paused" : "runs in mode observe");
    if (!said.equals(decisions.put(pod.toString(), said))) {
      metrics.came("observed");
      LOG.infof("Pod %s on node %s: %s", pod, pod.node(), said);
    }
    events.say(About.pod(pod.namespace(), pod.name(), pod.uid()), false, "FailoverDryRun", said);
  }

  /** Reports the start of a failover. */
  public void began(FailoverRecord record, String why) {
    metrics.came("started");
    say(
        record,
        false,
        "FailoverStarted",
        "failing over from node %s: %s".formatted(record.node(), why));
    events.say(
        About.node(record.node()),
        true,
        "FailoverStarted",
        "the node is considered dead, and Pod %s is failed over: %s".formatted(record, why));
  }

  /** Records the start of a failover as a trace, after all else that tells of it. */
  public void traceBegan(FailoverRecord record) {
    traces.began(record);
  }

  /** Records the end of a failover as a trace, after all else that tells of it. */
  public void traceEnded(FailoverRecord record, Outcome outcome) {
    traces.ended(record, outcome);
  }

  /** Reports the steps that were observed since. */
  public void observed(FailoverRecord before, FailoverRecord after) {
    traces.observed(before, after);
  }

  /** Reports that a person vouches for the node of a failover that is in progress already. */
  public void vouched(FailoverRecord record, String by, String request) {
    String why = "%s confirms that it is dead (request %s)".formatted(by, request);
    say(record, false, "FailoverManuallyConfirmed", "node %s: %s".formatted(record.node(), why));
    events.say(
        About.node(record.node()),
        true,
        "FailoverManuallyConfirmed",
        "failover of Pod %s: %s".formatted(record, why));
  }

  /** Reports what a failover waits for. */
  public void waits(FailoverRecord record, String why) {
    if (!why.equals(decisions.put(record.toString(), why))) {
      LOG.infof("Failover of Pod %s: %s", record, printable(why));
    }
    events.say(claim(record), true, "FailoverWaiting", why);
  }

  /** Reports a step of a failover in the log. */
  public void step(FailoverRecord record, String what) {
    if (!what.equals(decisions.put(record.toString(), what))) {
      LOG.infof("Failover of Pod %s: %s", record, printable(what));
    }
  }

  /** Reports that Kubernetes or a person removed the Pod before the fence confirmed. */
  public void goneUnfenced(FailoverRecord record) {
    metrics.came("gone-unfenced");
    String message =
        "Pod %s on node %s was removed by Kubernetes or a person before its fence confirmed. Two Pods may be writing to its volumes. rwop-guard keeps requesting the fence. Make sure that the node is off"
            .formatted(record, record.node());
    LOG.error(message);
    events.say(claim(record), true, "FailoverUnfenced", message);
    events.say(About.node(record.node()), true, "FailoverUnfenced", message);
  }

  /** Reports that a node got the out-of-service taint again, which had been withdrawn too early. */
  public void taintedAgain(FailoverRecord record, String why) {
    String message =
        "has the out-of-service taint again, after its removal for the failover of Pod %s: %s. rwop-guard removes it when the node renews its Lease"
            .formatted(record, why);
    LOG.warnf("Node %s %s", record.node(), message);
    events.say(About.node(record.node()), true, "FailoverNodeTainted", message);
  }

  /** Reports a failover that can neither be completed nor given up. */
  public void stuck(FailoverRecord record, String message, boolean first) {
    decisions.put(record.toString(), message);
    if (first) {
      metrics.came("stuck");
      LOG.error(printable(message));
    }
    String gist = "stuck " + record.key();
    events.say(claim(record), true, "FailoverStuck", message, gist);
    events.say(About.node(record.node()), true, "FailoverStuck", message, gist);
  }

  /** Reports a failover whose record was deleted, or ended by another leader. */
  public void dropped(FailoverRecord record) {
    decisions.remove(record.toString());
    say(
        record,
        true,
        "FailoverCanceled",
        "another leader ended its record or the record was deleted, so this replica stops the failover");
  }

  /** Reports the end of a failover. */
  public void ended(FailoverRecord record, Outcome outcome, String why) {
    metrics.came(outcome.id());
    decisions.remove(record.toString());
    switch (outcome) {
      case DONE -> {
        metrics.took(record);
        say(
            record,
            false,
            "FailoverSucceeded",
            "failed over from node %s: %s%s"
                .formatted(
                    record.node(), RecordFormat.timeline(record), why.isEmpty() ? "" : "; " + why));
      }
      case CANCELED -> say(record, false, "FailoverCanceled", "failover canceled: " + why);
      case NODE_BACK -> say(record, false, "FailoverEnded", why);
      case GAVE_UP -> say(record, true, "FailoverGivenUp", "given up: " + why);
    }
  }

  private void say(FailoverRecord record, boolean warning, String reason, String message) {
    LOG.infof("Pod %s: %s", record, printable(message));
    events.say(
        About.pod(record.namespace(), record.pod(), record.podUid()), warning, reason, message);
    events.say(claim(record), warning, reason, message);
  }

  /** Removes control characters, so that no foreign text looks like lines of this log. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  private static About claim(FailoverRecord record) {
    ClaimKey claim = record.claim();
    return About.claim(claim.namespace(), claim.name());
  }
}
