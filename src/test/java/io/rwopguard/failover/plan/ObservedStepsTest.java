package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.Observed;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverPlanner.Volume;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests what a failover records of a fence, of a node that is back, and of a slow detach. */
class ObservedStepsTest {

  private static final Instant NOW = Instant.parse("2026-11-24T01:02:03Z");
  private static final Volume ATTACHED = new Volume(true, false, true);
  private static final FailoverRecord RECORD =
      new FailoverRecord(
          "uid-1",
          "shop",
          "db-0",
          "uid",
          "node-2",
          "node-uid",
          "boot",
          "then",
          List.of(new Claim("data", "claim-uid")),
          List.of(),
          "StatefulSet db",
          Optional.empty(),
          "",
          Map.of(Step.DECIDED, NOW),
          Optional.empty());

  private static List<FailoverTarget> targets(VolumeRelease release, boolean fence) {
    return List.of(
        new FailoverTarget(
            "data", "pv", "d", "h", "kubernetes.io/csi/d^h", "csi-1", release, fence));
  }

  private static Observed observed(
      Node node, boolean fenced, OldPod oldPod, Volume volume, boolean runs) {
    return new Observed(node, true, false, false, fenced, oldPod, Map.of("data", volume), runs, "");
  }

  private static Map<Step, Instant> steps(boolean needsFence, boolean fenced) {
    return FailoverPlanner.observe(
            RECORD,
            targets(VolumeRelease.ATTACHMENT, needsFence),
            observed(Node.SILENT, fenced, OldPod.THERE, ATTACHED, false),
            NOW)
        .times();
  }

  @Test
  void records_a_fence_only_where_a_target_needs_one_and_it_has_confirmed() {
    assertThat(steps(true, true)).containsKey(Step.FENCED);
    assertThat(steps(true, false)).doesNotContainKey(Step.FENCED);
    assertThat(steps(false, true)).doesNotContainKey(Step.FENCED);
  }

  @Test
  void leaves_the_rest_to_kubernetes_when_the_node_is_back_and_still_has_the_volume() {
    List<FailoverTarget> targets = targets(VolumeRelease.ATTACHMENT, false);
    assertThat(end(targets, ATTACHED)).contains(Outcome.NODE_BACK);
    assertThat(end(targets, Volume.DETACHED)).contains(Outcome.DONE);
  }

  private static Optional<Outcome> end(List<FailoverTarget> targets, Volume volume) {
    Observed observed = observed(Node.BACK, true, OldPod.GONE, volume, true);
    return FailoverPlanner.next(RECORD, targets, observed, NOW).outcome();
  }

  @Test
  void says_how_long_kubernetes_takes_to_detach_where_it_is_left_to_it() {
    Observed observed =
        observed(Node.SILENT, true, OldPod.GONE, new Volume(true, true, false), false);
    Next left = FailoverPlanner.next(RECORD, targets(VolumeRelease.POD_ONLY, false), observed, NOW);
    Next own =
        FailoverPlanner.next(RECORD, targets(VolumeRelease.ATTACHMENT, false), observed, NOW);
    assertThat(left.why()).contains("six minutes");
    assertThat(own.why()).isNotEmpty().doesNotContain("six minutes");
  }

  @Test
  void an_addition_follows_the_condition_that_the_failover_waits_for() {
    Observed observed = observed(Node.SILENT, true, OldPod.GONE, Volume.DETACHED, false);
    Next waiting =
        FailoverPlanner.next(RECORD, targets(VolumeRelease.ATTACHMENT, false), observed, NOW);
    Next added = waiting.adding("and for the taint");
    assertThat(waiting.why()).isNotEmpty();
    assertThat(added.why()).isEqualTo(waiting.why() + "; and for the taint");
    assertThat(added.act()).isEqualTo(waiting.act());
    Next withoutReason = new Next(waiting.act(), Optional.empty(), Optional.empty(), "");
    assertThat(withoutReason.adding("for the taint").why()).isEqualTo("for the taint");
  }
}
