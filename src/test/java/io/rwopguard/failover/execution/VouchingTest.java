package io.rwopguard.failover.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.kube.ConditionLog;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** An operator vouches for a node while a step of its failover writes the record. */
class VouchingTest {

  private static final String SILENCE = "then";

  private final MemoryCluster cluster = new MemoryCluster();
  private final CountDownLatch writing = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private boolean holds;
  private final ClusterApi api =
      new ForwardingClusterApi(cluster) {
        @Override
        protected void beforeWrite(
            String verb, ResourceDefinitionContext type, String name, JsonNode body) {
          if (holds) {
            holds = false;
            writing.countDown();
            await(goOn);
          }
        }
      };
  private final ActiveFailovers failovers =
      new ActiveFailovers(
          new FailoverRecords(
              new FailoverStore(api, () -> true),
              "rwop-guard",
              new ConditionLog(getClass(), "docs/guides/failover.md")),
          new Budget(10, 10, 10),
          Clocks.SYSTEM);

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Optional<FailoverRecord> vouch() {
    return failovers.vouch("uid", "claim-uid", SILENCE, "jane", Instant.now());
  }

  private ActiveFailover begin() {
    assertThat(failovers.begin(TestRecords.of("one", Instant.now()), List.of())).isEmpty();
    return failovers.inProgress().iterator().next();
  }

  /** Vouches after a step began to write, and returns what became of the word. */
  private Optional<FailoverRecord> vouchBeside(BooleanSupplier step) throws Exception {
    holds = true;
    FutureTask<Boolean> written = new FutureTask<>(step::getAsBoolean);
    new Thread(written).start();
    await(writing);
    FutureTask<Optional<FailoverRecord>> word = new FutureTask<>(this::vouch);
    Thread operator = new Thread(word);
    operator.start();
    // it waits for the step; what it looked at before is out of date afterwards
    operator.join(200);
    goOn.countDown();
    assertThat(written.get(10, TimeUnit.SECONDS)).isTrue();
    return word.get(10, TimeUnit.SECONDS);
  }

  @Test
  void a_word_counts_for_the_silence_that_it_was_given_for() {
    begin();
    assertThat(vouch().orElseThrow().requestedBy()).isEqualTo("jane");
  }

  @Test
  void a_word_does_not_count_for_the_next_silence() throws Exception {
    ActiveFailover each = begin();
    assertThat(
            vouchBeside(() -> failovers.keep(each, record -> record.forSilence("later", "boot"))))
        .isEmpty();
    assertThat(each.record().requestedBy()).isEmpty();
  }

  @Test
  void a_word_does_not_count_for_a_failover_that_ends() throws Exception {
    ActiveFailover each = begin();
    assertThat(vouchBeside(() -> failovers.end(each, Outcome.NODE_BACK))).isEmpty();
    assertThat(each.record().requestedBy()).isEmpty();
  }

  /** The word may come between what a step looks at and its write. */
  @Test
  void a_failover_that_was_vouched_for_does_not_continue_in_another_silence() {
    ActiveFailover each = begin();
    vouch();
    assertThat(
            failovers.keepIf(
                each,
                record -> record.requestedBy().isEmpty(),
                record -> record.forSilence("later", "boot")))
        .isFalse();
    assertThat(each.record().renewTime()).isEqualTo(SILENCE);
  }
}
