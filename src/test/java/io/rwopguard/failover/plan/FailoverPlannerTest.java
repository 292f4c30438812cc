package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.Observed;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverPlanner.Volume;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailoverPlannerTest {

  private static final Instant NOW = Instant.parse("2026-11-24T01:02:03Z");
  private static final Volume ATTACHED = new Volume(true, false, true);
  private static final Set<Act> DESTRUCTIVE =
      EnumSet.of(Act.DECLARE_OUT_OF_SERVICE, Act.DELETE, Act.RELEASE);
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
          Optional.of(new ObjectKey(Kind.STATEFUL_SET, "shop", "db")),
          "",
          Map.of(Step.DECIDED, NOW),
          Optional.empty());

  private Node node = Node.SILENT;
  private boolean tainted;
  private boolean outOfService;
  private boolean fenced;
  private OldPod oldPod = OldPod.THERE;
  private Volume volume = ATTACHED;
  private boolean runs;
  private String pointless = "";
  private Instant now = NOW;

  private static List<FailoverTarget> targets(VolumeRelease release, boolean fence) {
    return List.of(
        new FailoverTarget(
            "data", "pv", "d", "h", "kubernetes.io/csi/d^h", "csi-1", release, fence));
  }

  private Observed observed() {
    return new Observed(
        node,
        tainted,
        outOfService,
        outOfService,
        fenced,
        oldPod,
        Map.of("data", volume),
        runs,
        pointless);
  }

  private Next next(List<FailoverTarget> targets) {
    return FailoverPlanner.next(RECORD, targets, observed(), now);
  }

  private Act act(List<FailoverTarget> targets) {
    return next(targets).act();
  }

  private Optional<Outcome> outcome(List<FailoverTarget> targets) {
    return next(targets).outcome();
  }

  @ParameterizedTest
  @EnumSource(VolumeRelease.class)
  void goes_from_the_taint_to_the_end_in_this_order(VolumeRelease release) {
    List<FailoverTarget> targets = targets(release, false);
    assertThat(act(targets)).isEqualTo(Act.TAINT);
    tainted = true;
    if (release == VolumeRelease.OUT_OF_SERVICE) {
      assertThat(act(targets)).isEqualTo(Act.DECLARE_OUT_OF_SERVICE);
      outOfService = true;
    }
    assertThat(act(targets)).isEqualTo(Act.DELETE);
    oldPod = OldPod.GONE;
    if (release != VolumeRelease.POD_ONLY && !outOfService) {
      assertThat(act(targets)).isEqualTo(Act.RELEASE);
    }
    volume = new Volume(true, true, false);
    assertThat(act(targets)).isEqualTo(Act.WAIT);
    volume = Volume.DETACHED;
    if (outOfService) {
      assertThat(act(targets)).isEqualTo(Act.WITHDRAW);
      outOfService = false;
    }
    assertThat(act(targets)).isEqualTo(Act.WAIT);
    runs = true;
    assertThat(outcome(targets)).contains(Outcome.DONE);
  }

  /** Kubernetes detaches after six minutes, whatever holds the controller up by then. */
  @Test
  void no_pod_is_deleted_before_the_taint_that_its_detach_needs() {
    List<FailoverTarget> targets = targets(VolumeRelease.OUT_OF_SERVICE, false);
    tainted = true;
    for (Volume each : List.of(ATTACHED, new Volume(true, false, false), Volume.DETACHED)) {
      volume = each;
      outOfService = false;
      assertThat(act(targets)).isEqualTo(each.attached() ? Act.DECLARE_OUT_OF_SERVICE : Act.DELETE);
      outOfService = true;
      assertThat(act(targets)).isEqualTo(Act.DELETE);
    }
    volume = ATTACHED;
    outOfService = false;
    oldPod = OldPod.GONE;
    assertThat(act(targets)).as("a person removed it").isEqualTo(Act.RELEASE);
  }

  @Test
  void does_not_delete_a_pod_whose_node_no_longer_exists() {
    node = Node.GONE;
    tainted = true;
    assertThat(act(targets(VolumeRelease.OUT_OF_SERVICE, false))).isEqualTo(Act.WAIT);
    volume = Volume.DETACHED;
    assertThat(act(targets(VolumeRelease.OUT_OF_SERVICE, false))).isEqualTo(Act.DELETE);
  }

  @Test
  void a_taint_that_has_to_stay_does_not_keep_a_failover_from_its_end() {
    List<FailoverTarget> targets = targets(VolumeRelease.OUT_OF_SERVICE, false);
    tainted = true;
    outOfService = true;
    oldPod = OldPod.GONE;
    volume = Volume.DETACHED;
    runs = true;
    assertThat(act(targets)).isEqualTo(Act.WITHDRAW);
    Observed kept = observed().keepingOutOfService();
    assertThat(FailoverPlanner.next(RECORD, targets, kept, now).outcome()).contains(Outcome.DONE);
  }

  @Test
  void the_taint_is_not_withdrawn_while_a_volume_may_be_detached_under_it() {
    List<FailoverTarget> targets = targets(VolumeRelease.OUT_OF_SERVICE, false);
    tainted = true;
    outOfService = true;
    pointless = "claim shop/data does not exist any more";
    assertThat(act(targets)).as("its Pod holds it").isEqualTo(Act.WITHDRAW);
    for (OldPod pod : List.of(OldPod.GONE, OldPod.FINALIZED)) {
      oldPod = pod;
      for (Volume each : List.of(ATTACHED, new Volume(true, true, false))) {
        volume = each;
        assertThat(outcome(targets)).contains(Outcome.GAVE_UP);
        assertThat(next(targets).why()).contains("until it renews its Lease");
        assertThat(outcome(List.of())).as("not derived").contains(Outcome.GAVE_UP);
      }
      volume = Volume.DETACHED;
      assertThat(act(targets)).isEqualTo(Act.WITHDRAW);
    }
  }

  /** Safety review S1: whatever happened to the Pod object or the Node object meanwhile. */
  @Test
  void no_state_leads_past_a_fence_that_has_not_confirmed() {
    List<Observed> all = new ArrayList<>();
    for (Node each : Node.values()) {
      for (OldPod pod : OldPod.values()) {
        for (int bits = 0; bits < 1 << 7; bits++) {
          all.add(
              new Observed(
                  each,
                  bit(bits, 0),
                  bit(bits, 1),
                  bit(bits, 2),
                  false,
                  pod,
                  Map.of("data", new Volume(bit(bits, 3), bit(bits, 4), bit(bits, 5))),
                  bit(bits, 6),
                  ""));
        }
      }
    }
    assertThat(all).hasSize(3 * 3 * 128);
    for (VolumeRelease release : VolumeRelease.values()) {
      for (Observed state : all) {
        Act act = FailoverPlanner.next(RECORD, targets(release, true), state, NOW).act();
        assertThat(DESTRUCTIVE).as("%s %s", release, state).doesNotContain(act);
        if (state.node() != Node.BACK && state.tainted()) {
          assertThat(act).as("%s %s", release, state).isEqualTo(Act.FENCE);
        }
      }
    }
  }

  private static boolean bit(int bits, int index) {
    return (bits >> index & 1) == 1;
  }

  @Test
  void nothing_destructive_is_done_to_a_node_that_is_back() {
    node = Node.BACK;
    for (VolumeRelease release : VolumeRelease.values()) {
      for (OldPod pod : OldPod.values()) {
        oldPod = pod;
        assertThat(DESTRUCTIVE).doesNotContain(act(targets(release, false)));
      }
    }
  }

  @Test
  void nothing_is_deleted_before_the_fence_has_confirmed() {
    List<FailoverTarget> targets = targets(VolumeRelease.VOLUME, true);
    tainted = true;
    assertThat(act(targets)).isEqualTo(Act.FENCE);
    fenced = true;
    assertThat(act(targets)).isEqualTo(Act.DELETE);
  }

  @Test
  void a_node_that_is_back_keeps_its_pod() {
    node = Node.BACK;
    assertThat(outcome(targets(VolumeRelease.VOLUME, false))).contains(Outcome.CANCELED);
    outOfService = true;
    assertThat(act(targets(VolumeRelease.OUT_OF_SERVICE, false))).isEqualTo(Act.WITHDRAW);
  }

  /** Safety review S7: a failover ends, whatever its successor does. */
  @Test
  void a_node_that_is_back_ends_the_failover_also_without_a_successor() {
    node = Node.BACK;
    oldPod = OldPod.GONE;
    assertThat(outcome(targets(VolumeRelease.VOLUME, false))).contains(Outcome.NODE_BACK);
    volume = Volume.DETACHED;
    runs = true;
    assertThat(outcome(targets(VolumeRelease.VOLUME, false))).contains(Outcome.DONE);
  }

  @Test
  void it_is_given_up_after_half_an_hour_or_when_there_is_nothing_to_fail_over() {
    List<FailoverTarget> targets = targets(VolumeRelease.OUT_OF_SERVICE, false);
    tainted = true;
    oldPod = OldPod.GONE;
    volume = Volume.DETACHED;
    outOfService = true;
    now = NOW.plus(Duration.ofMinutes(31));
    assertThat(act(targets)).isEqualTo(Act.WITHDRAW);
    outOfService = false;
    assertThat(outcome(targets)).contains(Outcome.GAVE_UP);
    now = NOW;
    pointless = "claim shop/data does not exist any more";
    assertThat(outcome(targets)).contains(Outcome.GAVE_UP);
  }

  @Test
  void a_volume_is_not_released_while_a_finalizer_keeps_the_pod() {
    tainted = true;
    oldPod = OldPod.FINALIZED;
    assertThat(act(targets(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
  }

  @Test
  void a_node_whose_object_is_gone_is_neither_tainted_nor_written_to() {
    node = Node.GONE;
    // there is nothing to taint
    tainted = true;
    assertThat(act(targets(VolumeRelease.VOLUME, false))).isEqualTo(Act.DELETE);
    oldPod = OldPod.GONE;
    assertThat(act(targets(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
    assertThat(act(targets(VolumeRelease.VOLUME, true))).isEqualTo(Act.FENCE);
  }

  @Test
  void each_step_that_is_observed_gets_its_time_once() {
    List<FailoverTarget> targets = targets(VolumeRelease.VOLUME, false);
    tainted = true;
    FailoverRecord record =
        FailoverPlanner.observe(RECORD, targets, observed(), NOW.plusSeconds(1));
    assertThat(record.times()).containsOnlyKeys(Step.DECIDED, Step.TAINTED);
    oldPod = OldPod.GONE;
    record = FailoverPlanner.observe(record, targets, observed(), NOW.plusSeconds(2));
    assertThat(record.times()).doesNotContainKey(Step.RELEASED);
    volume = new Volume(true, false, false);
    record = FailoverPlanner.observe(record, targets, observed(), NOW.plusSeconds(3));
    assertThat(record.times()).containsEntry(Step.RELEASED, NOW.plusSeconds(3));
    volume = Volume.DETACHED;
    runs = true;
    record = FailoverPlanner.observe(record, targets, observed(), NOW.plusSeconds(4));
    assertThat(record.times())
        .containsEntry(Step.TAINTED, NOW.plusSeconds(1))
        .containsEntry(Step.DELETED, NOW.plusSeconds(2))
        .containsEntry(Step.DETACHED, NOW.plusSeconds(4))
        .containsEntry(Step.RUNNING, NOW.plusSeconds(4));
  }

  @Test
  void a_successor_that_runs_while_the_volume_is_still_attached_is_no_end() {
    tainted = true;
    oldPod = OldPod.GONE;
    runs = true;
    volume = new Volume(true, false, false);
    assertThat(act(targets(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
  }
}
