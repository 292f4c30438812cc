package io.rwopguard.failover;

import io.rwopguard.failover.EventRecorder.About;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.model.ClaimKey;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Reports decisions in Events, in the log, in metrics and in {@code GET /failover}. */
final class FailoverReporter {

  private static final Logger LOG = Logger.getLogger("io.rwopguard.failover");

  private final EventSink events;
  private final FailoverMetrics metrics;
  private final About election;

  /** The last decision on each Pod or node, for {@code GET /failover}. */
  private final Map<String, String> decisions = new ConcurrentHashMap<>();

  /**
   * Creates a reporter.
   *
   * @param election the object of Events that concern the whole cluster: the Lease of the leader
   */
  FailoverReporter(EventSink events, FailoverMetrics metrics, About election) {
    this.events = events;
    this.metrics = metrics;
    this.election = election;
  }

  /** Returns the last decision on each Pod or node. */
  Map<String, String> decisions() {
    return Map.copyOf(decisions);
  }

  /** Forgets the decisions on all other Pods and nodes. */
  void keep(Set<String> pods) {
    decisions.keySet().retainAll(pods);
  }

  void refused(PodFacts pod, Refusal refusal, boolean aloud) {
    if (isNews(pod.toString(), refusal)) {
      metrics.refused(refusal.reason());
      LOG.infof("Pod %s on node %s is left alone: %s", pod, pod.node(), refusal);
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
  void refused(String node, Refusal refusal, int pods) {
    if (isNews(node, refusal)) {
      metrics.refused(refusal.reason());
      LOG.infof("Silent node %s is left alone: %s", node, refusal);
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

  void wouldBegin(PodFacts pod, boolean paused) {
    String said =
        "its node is taken for dead and it would be failed over now, but failover "
            + (paused ? "is paused" : "only observes");
    if (!said.equals(decisions.put(pod.toString(), said))) {
      metrics.came("observed");
      LOG.infof("Pod %s on node %s: %s", pod, pod.node(), said);
    }
    events.say(About.pod(pod.namespace(), pod.name(), pod.uid()), false, "FailoverDryRun", said);
  }

  void began(FailoverRecord record, String why) {
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
        "taken for dead, Pod %s is failed over: %s".formatted(record, why));
  }

  /** Reports that a person vouches for the node of a failover that is in progress already. */
  void vouched(FailoverRecord record, String by, String request) {
    String why = "%s vouches that it is down (request %s)".formatted(by, request);
    say(record, false, "FailoverManuallyConfirmed", "of node %s, %s".formatted(record.node(), why));
    events.say(
        About.node(record.node()),
        true,
        "FailoverManuallyConfirmed",
        "for the failover of Pod %s, %s".formatted(record, why));
  }

  void waits(FailoverRecord record, String why) {
    if (!why.equals(decisions.put(record.toString(), why))) {
      LOG.infof("Failover of Pod %s: %s", record, printable(why));
    }
    events.say(claim(record), true, "FailoverWaiting", why);
  }

  void step(FailoverRecord record, String what) {
    if (!what.equals(decisions.put(record.toString(), what))) {
      LOG.infof("Failover of Pod %s: %s", record, printable(what));
    }
  }

  /** Reports that Kubernetes or a person removed the Pod before the fence confirmed. */
  void goneUnfenced(FailoverRecord record) {
    metrics.came("gone-unfenced");
    String message =
        "Pod %s on node %s was removed before its fence confirmed, by Kubernetes or by a person: another Pod may be writing to its volumes while the old one still does. rwop-guard keeps asking the fence; make sure yourself that the node is off"
            .formatted(record, record.node());
    LOG.error(message);
    events.say(claim(record), true, "FailoverUnfenced", message);
    events.say(About.node(record.node()), true, "FailoverUnfenced", message);
  }

  /** Reports that a node got the out-of-service taint again, which had been withdrawn too early. */
  void taintedAgain(FailoverRecord record, String why) {
    String message =
        "has the out-of-service taint again, which was removed for the failover of Pod %s: %s; it goes with the node's first renewal"
            .formatted(record, why);
    LOG.warnf("Node %s %s", record.node(), message);
    events.say(About.node(record.node()), true, "FailoverNodeTainted", message);
  }

  /** Reports a failover that can neither be completed nor given up. */
  void stuck(FailoverRecord record, String message, boolean first) {
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
  void dropped(FailoverRecord record) {
    decisions.remove(record.toString());
    say(
        record,
        true,
        "FailoverCanceled",
        "its record was ended or deleted elsewhere, so this replica does nothing more about it");
  }

  /** Reports the end of a failover. */
  void ended(FailoverRecord record, Outcome outcome, String why) {
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
      case CANCELED -> say(record, false, "FailoverCanceled", "not failed over after all: " + why);
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
