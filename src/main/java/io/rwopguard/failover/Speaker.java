package io.rwopguard.failover;

import io.rwopguard.failover.FailoverEvents.About;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.workload.ClaimKey;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Tells people of decisions: in events, in the log, in metrics, and in what is asked for. */
final class Speaker {

  private static final Logger LOG = Logger.getLogger("io.rwopguard.failover");

  private final EventSink events;
  private final FailoverMetrics metrics;
  private final About election;

  /** By Pod, what was decided of it last, for {@code GET /failover}. */
  private final Map<String, String> decisions = new ConcurrentHashMap<>();

  /**
   * Speaks by these.
   *
   * @param election what events are about that are about the whole cluster: the Lease of who leads
   */
  Speaker(EventSink events, FailoverMetrics metrics, About election) {
    this.events = events;
    this.metrics = metrics;
    this.election = election;
  }

  /** What was decided of Pods last. */
  Map<String, String> decisions() {
    return Map.copyOf(decisions);
  }

  /** Forgets what was decided of Pods that are no longer on a silent node. */
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

  /** A silent node is left alone, and with it all Pods on it. */
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
        "%d Pods on ReadWriteOncePod claims are not failed over: %s".formatted(pods, refusal));
  }

  /** Whether the reason is another one than last time; numbers in its text may change. */
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
    events.say(About.pod(pod.namespace(), pod.name(), pod.uid()), false, "FailoverObserved", said);
  }

  void began(FailoverRecord record, String why) {
    metrics.came("begun");
    say(
        record,
        false,
        "FailoverBegun",
        "failing over from node %s: %s".formatted(record.node(), why));
    events.say(
        About.node(record.node()),
        true,
        "FailoverBegun",
        "taken for dead, Pod %s/%s is failed over: %s"
            .formatted(record.claim().namespace(), record.pod(), why));
  }

  void waits(FailoverRecord record, String why) {
    if (!why.equals(decisions.put(name(record), why))) {
      LOG.infof("Failover of Pod %s: %s", name(record), why);
    }
    events.say(claim(record), true, "FailoverWaits", why);
  }

  void step(FailoverRecord record, String what) {
    if (!what.equals(decisions.put(name(record), what))) {
      LOG.infof("Failover of Pod %s: %s", name(record), what);
    }
  }

  void done(FailoverRecord record) {
    metrics.came("done");
    metrics.took(record);
    decisions.remove(name(record));
    say(
        record,
        false,
        "FailoverDone",
        "failed over from node %s: %s".formatted(record.node(), record.timeline()));
  }

  void calledOff(FailoverRecord record, String why) {
    metrics.came("called-off");
    decisions.remove(name(record));
    say(record, false, "FailoverCalledOff", "not failed over after all: " + why);
  }

  private void say(FailoverRecord record, boolean warning, String reason, String message) {
    LOG.infof("Pod %s: %s", name(record), message);
    events.say(
        About.pod(record.claim().namespace(), record.pod(), record.uid()),
        warning,
        reason,
        message);
    events.say(claim(record), warning, reason, message);
  }

  private static About claim(FailoverRecord record) {
    ClaimKey claim = record.claim();
    return About.claim(claim.namespace(), claim.name());
  }

  private static String name(FailoverRecord record) {
    return record.claim().namespace() + "/" + record.pod();
  }
}
