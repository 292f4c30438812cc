package io.rwopguard.failover.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.kube.ConditionLog;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that no failover starts whose record the API server refuses. */
class DeniedRecordsTest {

  private static final String NAMESPACE = "rwop-guard";

  private Optional<Integer> answer = Optional.empty();
  private final ClusterApi api =
      new ForwardingClusterApi(new MemoryCluster()) {
        @Override
        protected void beforeWrite(String name) {
          if (answer.isPresent()) {
            throw new KubernetesClientException("denied", answer.get(), null);
          }
        }
      };

  private Optional<Refusal> begin() {
    FailoverStore objects = new FailoverStore(api, () -> true);
    ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");
    FailoverRecord record = TestRecords.of("one", Instant.now());
    return new ActiveFailovers(
            new FailoverRecords(objects, NAMESPACE, problems),
            new Budget(10, 10, 10),
            Clocks.SYSTEM)
        .begin(record, List.of());
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 409, 422})
  void a_failover_whose_record_is_denied_is_refused_with_the_reason(int code) {
    answer = Optional.of(code);
    assertThat(begin())
        .hasValueSatisfying(
            refusal -> {
              assertThat(refusal.reason()).isEqualTo(RefusalReason.NOT_RECORDED);
              assertThat(refusal.text()).contains("rwop-guard/rwop-guard-failover-one", "denied");
            });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 408, 429, 500, 503})
  void a_record_that_may_be_written_later_is_no_refusal(int code) {
    answer = Optional.of(code);
    assertThatThrownBy(this::begin).hasMessageContaining("denied");
  }
}
