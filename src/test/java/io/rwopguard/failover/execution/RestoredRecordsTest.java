package io.rwopguard.failover.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.execution.ActiveFailovers.Reloaded;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.RecordFormat;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests what a backup of the same cluster may restore: old records, and records of a wrong clock.
 */
class RestoredRecordsTest {

  private static final String NAMESPACE = "rwop-guard";
  private static final String KEY = "pod-uid";
  private static final String NAME = FailoverRecords.nameOf(KEY);
  private static final String SUBJECT = "ConfigMap " + NAMESPACE + "/" + NAME;
  private static final Instant START = Instant.parse("2026-11-27T01:02:03Z");

  private Duration time = Duration.ZERO;
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> START.plus(time));
  private final MemoryCluster cluster = new MemoryCluster();
  private final FailoverStore objects = new FailoverStore(cluster, () -> true);
  private final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");
  private final FailoverRecords records = new FailoverRecords(objects, NAMESPACE, problems);
  private final ActiveFailovers failovers =
      new ActiveFailovers(records, new Budget(10, 10, 10), clocks);

  @BeforeEach
  void identify() {
    objects.create(Resources.NAMESPACES, "", namespace());
  }

  private static ObjectNode namespace() {
    ObjectNode namespace = new JsonMapper().createObjectNode();
    namespace.putObject("metadata").put("name", "kube-system");
    return namespace;
  }

  private void write(FailoverRecord record) {
    assertThat(records.create(record, objects.clusterUid(), 1)).isPresent();
  }

  private JsonNode map() {
    return objects.get(Resources.CONFIG_MAPS, NAMESPACE, NAME).orElseThrow();
  }

  /** Creates the object like Velero, with another UID and version. */
  private void restore(JsonNode map) {
    cluster.delete(Resources.CONFIG_MAPS, NAMESPACE, NAME, null);
    ObjectNode copy = map.deepCopy();
    copy.withObject("/metadata").remove(List.of("uid", "resourceVersion"));
    cluster.create(Resources.CONFIG_MAPS, NAMESPACE, copy);
  }

  private List<FailoverRecord> takeOver() {
    return failovers.takeOver(objects.clusterUid(), 2);
  }

  @ParameterizedTest
  @ValueSource(longs = {6, 60, 1_000_000})
  void a_record_from_the_future_is_reported_and_left_alone(long minutes) {
    write(TestRecords.of(KEY, START.plus(Duration.ofMinutes(minutes))));
    JsonNode before = map();
    assertThat(takeOver()).isEmpty();
    assertThat(failovers.inProgress()).isEmpty();
    assertThat(map()).isEqualTo(before);
    assertThat(problems.with(SUBJECT)).get().asString().contains("ahead of", "node node-2");
    // its leader, with its clock ahead, may have sent a deletion just now
    assertThat(failovers.unadoptedSince("node-2")).hasValue(0L);
  }

  @Test
  void nor_is_one_adopted_that_was_vouched_for_in_the_future() {
    FailoverRecord record = TestRecords.of(KEY, START);
    write(record.vouchedBy("jane", START.plus(Duration.ofDays(1))));
    assertThat(takeOver()).isEmpty();
    assertThat(problems.with(SUBJECT)).isPresent();
  }

  @Test
  void one_from_the_future_that_has_ended_is_reported_too() {
    write(TestRecords.of(KEY, START.plus(Duration.ofDays(1))).endedBy(Outcome.DONE));
    assertThat(takeOver()).isEmpty();
    assertThat(problems.with(SUBJECT)).isPresent();
    assertThat(failovers.unadoptedSince("node-2")).isEmpty();
  }

  @Test
  void a_clock_that_is_a_little_behind_keeps_no_failover_from_being_resumed() {
    FailoverRecord record = TestRecords.of(KEY, START.plus(FailoverRecord.CLOCK_SKEW));
    write(record);
    assertThat(takeOver()).containsExactly(record);
    assertThat(problems.with(SUBJECT)).isEmpty();
  }

  @Test
  void resumes_what_is_no_longer_in_the_future() {
    write(TestRecords.of(KEY, START.plus(Duration.ofMinutes(20))));
    assertThat(takeOver()).isEmpty();
    time = Duration.ofMinutes(15);
    assertThat(takeOver()).hasSize(1);
    assertThat(problems.with(SUBJECT)).isEmpty();
    assertThat(failovers.unadoptedSince("node-2")).isEmpty();
  }

  @Test
  void a_record_in_progress_that_is_replaced_by_one_from_the_future_is_not_resumed() {
    write(TestRecords.of(KEY, START));
    takeOver();
    ObjectNode later = map().deepCopy();
    FailoverRecord future = TestRecords.of(KEY, START.plus(Duration.ofDays(1)));
    later.withObject("/data").put("record", RecordFormat.write(future));
    restore(later);
    ActiveFailover each = failovers.inProgress().iterator().next();
    assertThat(failovers.keep(each, record -> record.with(Step.TAINTED, START))).isFalse();
    assertThat(failovers.reload(each)).isEqualTo(Reloaded.FROM_FUTURE);
    assertThat(failovers.inProgress()).isEmpty();
    assertThat(failovers.unadoptedSince("node-2")).hasValue(0L);
  }

  /** Its leader, whose clock was ahead, may be taking the same volume from its node. */
  @Test
  void a_claim_of_a_record_that_was_not_adopted_is_in_use() {
    write(TestRecords.of(KEY, START.plus(Duration.ofDays(1))));
    takeOver();
    FailoverRecord other = TestRecords.of("other", START);
    assertThat(failovers.begin(other, List.of()))
        .get()
        .extracting(Refusal::reason)
        .isEqualTo(RefusalReason.CLAIM_SHARED);
  }

  /** A list that was read before the last step holds no claim longer than the step does. */
  @Test
  void trusts_what_this_leader_knows_of_its_failovers() {
    write(TestRecords.of(KEY, START));
    takeOver();
    ActiveFailover each = failovers.inProgress().iterator().next();
    JsonNode old = map();
    assertThat(failovers.keep(each, record -> record.with(Step.DETACHED, START))).isTrue();
    JsonNode last = map();
    cluster.force(Resources.CONFIG_MAPS, NAMESPACE, (ObjectNode) old.deepCopy());
    takeOver();
    cluster.force(Resources.CONFIG_MAPS, NAMESPACE, (ObjectNode) last.deepCopy());
    assertThat(failovers.begin(TestRecords.from("node-3", "other", START), List.of())).isEmpty();
  }

  /** Its finalizer is removed later, or never. */
  @Test
  void a_record_that_is_being_deleted_is_none() {
    write(TestRecords.of(KEY, START.plus(Duration.ofDays(1))));
    ObjectNode deleted = map().deepCopy();
    deleted.withObject("/metadata").put("deletionTimestamp", START.toString());
    cluster.force(Resources.CONFIG_MAPS, NAMESPACE, deleted);
    assertThat(takeOver()).isEmpty();
    assertThat(failovers.unadoptedSince("node-2")).isEmpty();
    assertThat(failovers.begin(TestRecords.of("other", START), List.of())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_claim_is_free_once_its_record_was_ended_or_deleted_elsewhere(boolean deleted) {
    write(TestRecords.of(KEY, START));
    takeOver();
    ObjectNode ended = map().deepCopy();
    FailoverRecord record = TestRecords.of(KEY, START).endedBy(Outcome.DONE);
    ended.withObject("/data").put("record", RecordFormat.write(record));
    cluster.force(Resources.CONFIG_MAPS, NAMESPACE, ended);
    if (deleted) {
      cluster.delete(Resources.CONFIG_MAPS, NAMESPACE, NAME, null);
    }
    ActiveFailover each = failovers.inProgress().iterator().next();
    assertThat(failovers.reload(each)).isEqualTo(Reloaded.ENDED);
    assertThat(failovers.known()).hasSize(deleted ? 0 : 1);
    assertThat(failovers.begin(TestRecords.of("other", START), List.of())).isEmpty();
  }

  /** It was ended by this leader, and a backup of before brings it back. */
  @Test
  void an_old_copy_does_not_begin_again_what_this_leader_has_ended() {
    write(TestRecords.of(KEY, START));
    takeOver();
    JsonNode old = map();
    ActiveFailover each = failovers.inProgress().iterator().next();
    assertThat(failovers.end(each, Outcome.DONE)).isTrue();
    restore(old);
    assertThat(takeOver()).isEmpty();
    assertThat(failovers.inProgress()).isEmpty();
  }

  @Test
  void an_old_copy_is_of_no_use_once_it_has_expired() {
    write(TestRecords.of(KEY, START));
    JsonNode old = map();
    time = Duration.ofMinutes(66);
    restore(old);
    assertThat(takeOver()).isEmpty();
    assertThat(objects.get(Resources.CONFIG_MAPS, NAMESPACE, NAME)).isEmpty();
  }
}
