package io.rwopguard.migration.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.ClaimState.Snapshot;
import io.rwopguard.migration.plan.NextStep.VolumeWrite;
import io.rwopguard.migration.plan.NextStep.Waiting;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests each condition that a migration waits for alone, so that no other one hides it. */
class MigrationWaitsTest {

  private static final List<String> SHARED = List.of("ReadWriteOnce");
  private static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");
  private static final ObjectVersion ANY = new ObjectVersion("u", "1");

  private static ClaimState member(
      int replicas, boolean going, List<String> modes, Snapshot snapshot) {
    MigrationRecord record =
        new MigrationRecord(
            new ClaimKey("shop", "data-db-0"),
            List.of("data-db-0"),
            SHARED,
            false,
            Optional.of("Delete"),
            Optional.of(new ObjectKey(Kind.STATEFUL_SET, "shop", "db")),
            "data",
            replicas,
            new JsonMapper().createArrayNode(),
            Instant.parse("2026-11-28T00:00:00Z"),
            "",
            List.of(),
            true);
    Claim claim =
        new Claim(ANY, modes, going, true, true, true, true, RequestMark.NOT_NEEDED, snapshot);
    return new ClaimState(record, ANY, true, true, true, modes, "u", Optional.of(claim));
  }

  private static ClaimState before(Snapshot snapshot) {
    return member(1, false, SHARED, snapshot);
  }

  private static ClaimState moved(int replicas) {
    return member(replicas, false, EXCLUSIVE, Snapshot.NOT_WANTED);
  }

  /** A workload with 0 replicas. */
  private static Workload idle(
      boolean going, List<String> pods, boolean attached, Optional<Wait> unended) {
    Seen seen = new Seen(ANY, going, 0, true, true, true, RequestMark.NOT_NEEDED);
    return new Workload(Optional.of(seen), pods, attached, unended, false, Optional.empty());
  }

  private static Workload idle() {
    return idle(false, List.of(), false, Optional.empty());
  }

  private static void assertWaits(ClaimState member, Workload workload, Wait until) {
    assertThat(MigrationPlanner.next(List.of(member), workload)).isEqualTo(new Waiting(until));
  }

  @Test
  void waits_until_no_pod_uses_the_claim() {
    assertWaits(
        before(Snapshot.NOT_WANTED),
        idle(false, List.of("db-0", "db-1"), false, Optional.empty()),
        new Wait.PodsEnded(List.of("db-0", "db-1")));
  }

  @Test
  void waits_until_the_volume_is_detached() {
    assertWaits(
        before(Snapshot.NOT_WANTED),
        idle(false, List.of(), true, Optional.empty()),
        new Wait.Detached());
  }

  @Test
  void waits_for_what_remains_after_the_last_pod() {
    assertWaits(
        before(Snapshot.NOT_WANTED),
        idle(false, List.of(), false, Optional.of(new Wait.NodeReady("node-1"))),
        new Wait.NodeReady("node-1"));
  }

  @Test
  void waits_for_the_snapshot_of_the_claim() {
    ClaimState member = before(Snapshot.PENDING);
    MigrationRecord record = member.record();
    assertWaits(member, idle(), new Wait.SnapshotReady(record.claim(), record.snapshotName()));
  }

  @Test
  void waits_until_a_claim_is_deleted() {
    ClaimState member = member(1, true, SHARED, Snapshot.NOT_WANTED);
    assertWaits(member, idle(), new Wait.ClaimDeleted(member.record().claim()));
  }

  @Test
  void waits_until_a_workload_is_deleted_before_it_recreates_it() {
    ClaimState member = moved(1);
    assertWaits(
        member,
        idle(true, List.of(), false, Optional.empty()),
        new Wait.WorkloadDeleted(member.record().workload().orElseThrow()));
  }

  @Test
  void does_not_scale_up_a_workload_that_had_no_replicas() {
    assertThat(MigrationPlanner.next(List.of(moved(0)), idle()))
        .isEqualTo(new VolumeWrite(Step.FINISH, 0, ANY));
  }
}
