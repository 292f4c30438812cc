package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.FailoverRecords.Stored;
import io.rwopguard.failover.Failovers.InProgress;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** For how long a deletion that was sent may still be carried out. */
class OutOfServiceTest {

  private static final Instant START = Instant.parse("2026-11-27T01:02:03Z");

  private Duration time = Duration.ZERO;
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> START.plus(time));
  private final OutOfService taint = new OutOfService(null, null, null, null, null, clocks);

  private InProgress failover(String key, boolean adopted) {
    return new InProgress(
        new Stored(TestRecords.of(key, START), "uid", "1", 1),
        adopted ? Optional.empty() : Optional.of(List.of()),
        clocks.nanos());
  }

  @Test
  void one_without_an_answer_may_arrive_for_a_minute_whichever_failover_asks() {
    InProgress one = failover("one", false);
    InProgress two = failover("two", false);
    var unused = taint.sending(one);
    for (InProgress each : List.of(one, two)) {
      assertThat(taint.mayBeDeleted(each, OldPod.THERE)).isTrue();
      assertThat(taint.mayBeDeleted(each, OldPod.GONE)).isTrue();
    }
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(two, OldPod.THERE)).isFalse();
  }

  @Test
  void an_answer_is_to_the_last_one_of_its_failover_alone() {
    InProgress one = failover("one", false);
    InProgress two = failover("two", false);
    Optional<Long> before = taint.sending(one);
    var unused = taint.sending(two);
    taint.answered(one, before);
    assertThat(taint.mayBeDeleted(one, OldPod.THERE)).as("that of the other").isTrue();

    time = Duration.ofSeconds(30);
    Optional<Long> again = taint.sending(two);
    taint.answered(two, again);
    assertThat(taint.mayBeDeleted(two, OldPod.THERE)).as("the first one").isTrue();
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(two, OldPod.THERE)).isFalse();
  }

  @Test
  void one_of_an_earlier_leader_may_arrive_while_its_pod_is_there() {
    InProgress adopted = failover("one", true);
    assertThat(taint.mayBeDeleted(adopted, OldPod.THERE)).isTrue();
    assertThat(taint.mayBeDeleted(adopted, OldPod.GONE)).isFalse();
    assertThat(taint.mayBeDeleted(failover("two", false), OldPod.THERE)).isFalse();
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(adopted, OldPod.THERE)).isFalse();
  }
}
