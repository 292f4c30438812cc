package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverPlanner.Sight;
import io.rwopguard.failover.plan.FailoverPlanner.Volume;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverRecord.Target;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailoverPlannerTest {

  private static final Instant NOW = Instant.parse("2026-11-24T01:02:03Z");
  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");
  private static final Volume ATTACHED = new Volume(true, false, true);
  private static final Volume DETACHED = new Volume(false, false, false);

  private boolean back;
  private boolean gone;
  private boolean tainted;
  private boolean outOfService;
  private boolean fenced;
  private OldPod oldPod = OldPod.THERE;
  private Volume volume = ATTACHED;
  private boolean runs;

  private static FailoverRecord record(VolumeRelease release, boolean fence) {
    return new FailoverRecord(
        CLAIM,
        "node-2",
        "db-0",
        "uid",
        Optional.of(new ObjectKey(Kind.STATEFUL_SET, "shop", "db")),
        "then",
        "",
        List.of(new Target("data", "kubernetes.io/csi/d^h", "csi-1", release, fence)),
        Map.of(Step.DECIDED, NOW));
  }

  private Sight sight() {
    return new Sight(
        back, gone, tainted, outOfService, fenced, oldPod, Map.of("data", volume), runs);
  }

  private Act act(FailoverRecord record) {
    return FailoverPlanner.next(record, sight()).act();
  }

  @ParameterizedTest
  @EnumSource(VolumeRelease.class)
  void goes_from_the_taint_to_the_end_in_this_order(VolumeRelease release) {
    FailoverRecord record = record(release, false);
    assertThat(act(record)).isEqualTo(Act.TAINT);
    tainted = true;
    assertThat(act(record)).isEqualTo(Act.DELETE);
    oldPod = OldPod.GONE;
    if (release != VolumeRelease.POD_ONLY) {
      assertThat(act(record)).isEqualTo(Act.RELEASE);
    }
    volume = new Volume(true, true, false);
    outOfService = true;
    assertThat(act(record)).isEqualTo(Act.WAIT);
    volume = DETACHED;
    assertThat(act(record)).isEqualTo(Act.WAIT);
    runs = true;
    assertThat(act(record)).isEqualTo(Act.FINISH);
  }

  @Test
  void nothing_is_deleted_before_the_fence_has_confirmed() {
    FailoverRecord record = record(VolumeRelease.VOLUME, true);
    tainted = true;
    assertThat(act(record)).isEqualTo(Act.FENCE);
    fenced = true;
    assertThat(act(record)).isEqualTo(Act.DELETE);
  }

  @Test
  void a_node_that_is_back_keeps_its_pod() {
    back = true;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.CALL_OFF);
    tainted = true;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.CALL_OFF);
  }

  @Test
  void from_a_node_that_is_back_no_volume_is_taken_any_more() {
    back = true;
    oldPod = OldPod.GONE;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
    volume = DETACHED;
    runs = true;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.FINISH);
  }

  @Test
  void a_volume_is_not_taken_while_a_finalizer_keeps_the_pod() {
    tainted = true;
    oldPod = OldPod.FINALIZED;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
  }

  @Test
  void a_node_whose_object_is_gone_is_neither_tainted_nor_written_to() {
    gone = true;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.DELETE);
    oldPod = OldPod.GONE;
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
  }

  @Test
  void what_is_seen_to_be_done_gets_its_time_once() {
    FailoverRecord record = record(VolumeRelease.VOLUME, false);
    tainted = true;
    record = FailoverPlanner.seen(record, sight(), NOW.plusSeconds(1));
    assertThat(record.times()).containsOnlyKeys(Step.DECIDED, Step.TAINTED);
    oldPod = OldPod.GONE;
    record = FailoverPlanner.seen(record, sight(), NOW.plusSeconds(2));
    assertThat(record.times()).doesNotContainKey(Step.RELEASED);
    volume = new Volume(true, false, false);
    record = FailoverPlanner.seen(record, sight(), NOW.plusSeconds(3));
    assertThat(record.times()).containsEntry(Step.RELEASED, NOW.plusSeconds(3));
    volume = DETACHED;
    runs = true;
    record = FailoverPlanner.seen(record, sight(), NOW.plusSeconds(4));
    assertThat(record.times())
        .containsEntry(Step.TAINTED, NOW.plusSeconds(1))
        .containsEntry(Step.DELETED, NOW.plusSeconds(2))
        .containsEntry(Step.DETACHED, NOW.plusSeconds(4))
        .containsEntry(Step.RUNNING, NOW.plusSeconds(4));
  }

  @Test
  void a_successor_that_runs_while_the_volume_is_still_attached_is_no_end() {
    oldPod = OldPod.GONE;
    runs = true;
    volume = new Volume(true, false, false);
    assertThat(act(record(VolumeRelease.VOLUME, false))).isEqualTo(Act.WAIT);
  }

  @Test
  void what_is_written_is_read_again() {
    FailoverRecord record = record(VolumeRelease.ATTACHMENT, true).with(Step.DELETED, NOW);
    assertThat(FailoverRecord.parse(CLAIM, record.toJson())).contains(record);
  }

  @Test
  void what_somebody_else_wrote_is_nothing() {
    for (String text :
        List.of(
            "",
            "{",
            "[]",
            "{}",
            "{\"node\":\"n\",\"uid\":\"u\",\"volumes\":[{\"release\":\"no\"}]}",
            "{\"node\":\"n\",\"uid\":\"u\",\"times\":{\"decided\":\"now\"}}")) {
      assertThat(FailoverRecord.parse(CLAIM, text)).as(text).isEmpty();
    }
  }
}
