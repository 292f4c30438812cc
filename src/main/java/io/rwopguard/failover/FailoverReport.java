package io.rwopguard.failover;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.failover.report.UnreadableNamespaces;
import io.rwopguard.kube.Election;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** Reports suspect and dead nodes, and the decisions with reasons, for {@code GET /failover}. */
final class FailoverReport {

  private static final JsonMapper JSON = new JsonMapper();

  private final FailoverMode mode;
  private final Election leadership;
  private final FailoverController controller;
  private final FailoverReporter speaker;
  private final UnreadableNamespaces unreadable;

  FailoverReport(
      FailoverMode mode,
      Election leadership,
      FailoverController controller,
      FailoverReporter speaker,
      UnreadableNamespaces unreadable) {
    this.mode = mode;
    this.leadership = leadership;
    this.controller = controller;
    this.speaker = speaker;
    this.unreadable = unreadable;
  }

  /** Returns the report where failover is switched off. */
  static String off() {
    return JSON.createObjectNode().put("mode", "off").toString();
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("mode", mode.name().toLowerCase(Locale.ROOT));
    json.put("leader", leadership.isLeader());
    json.put("leadBy", leadership.holder());
    Optional<String> obstacle = controller.eligibility().obstacle();
    json.put("standsForElection", obstacle.isEmpty());
    obstacle.ifPresent(why -> json.put("whyNotStanding", why));
    json.put("paused", controller.isPaused());
    ObjectNode namespaces = json.putObject("unreadableNamespaces");
    unreadable.messages().forEach(namespaces::put);
    var suspects = json.putArray("suspects");
    controller.verdicts().values().stream()
        .filter(verdict -> verdict.state() != NodeHealth.State.FINE)
        .sorted(Comparator.comparing(NodeHealth::node))
        .forEach(
            verdict -> {
              ObjectNode suspect = suspects.addObject();
              suspect.put("node", verdict.node());
              suspect.put("silentSeconds", verdict.silence().toSeconds());
              suspect.put("takenForDead", verdict.isDown());
              verdict
                  .refusal()
                  .ifPresent(
                      refusal ->
                          suspect
                              .put("whyNot", refusal.text())
                              .put("reason", refusal.reason().id()));
            });
    ObjectNode decisions = json.putObject("decisions");
    new TreeMap<>(speaker.decisions()).forEach(decisions::put);
    return json.toString();
  }
}
