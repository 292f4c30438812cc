package io.rwopguard.failover.manual;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.SmallCluster;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.manual.ManualFailoverClient.Answer;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A command that stops waiting for an answer. */
class ManualFailoverClientTest {

  private final SmallCluster cluster = new SmallCluster(2);
  private Runnable beforeWrite = () -> {};
  private final FailoverStore objects =
      new FailoverStore(
          new ForwardingClusterApi(cluster.objects) {
            @Override
            protected void beforeWrite(String name) {
              beforeWrite.run();
            }
          },
          () -> true);
  private final ManualFailoverClient request =
      new ManualFailoverClient(
          () -> "jane", objects, new ClaimKey("shop", "data-db"), SmallCluster.NAMESPACE);

  @BeforeEach
  void submit() {
    cluster.workload("db", "node-1", "revoking.example.org");
    assertThat(request.look()).isEmpty();
    assertThat(request.node()).isEqualTo("node-1");
    request.submit();
  }

  private JsonNode stored() {
    return objects.list(Resources.CONFIG_MAPS, SmallCluster.NAMESPACE, Map.of()).get(0);
  }

  private boolean isStored() {
    return !objects.list(Resources.CONFIG_MAPS, SmallCluster.NAMESPACE, Map.of()).isEmpty();
  }

  private void answer(String answer) {
    ObjectNode map = stored().deepCopy();
    map.withObject("/data").put("answer", answer).put("text", "started");
    cluster.objects.force(Resources.CONFIG_MAPS, SmallCluster.NAMESPACE, map);
  }

  @Test
  void a_request_without_an_answer_is_deleted() {
    assertThat(stored().path("data").path("requestedBy").asText()).isEqualTo("jane");
    assertThat(stored().path("data").path("node").asText()).isEqualTo("node-1");
    assertThat(request.withdraw()).isTrue();
    assertThat(isStored()).isFalse();
    assertThat(request.withdraw()).as("it is gone").isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluating", "accepted", "refused"})
  void a_request_that_a_controller_took_up_is_not_withdrawn(String answer) {
    answer(answer);
    assertThat(request.withdraw()).isFalse();
    assertThat(isStored()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluating", "accepted"})
  void an_answer_between_the_read_and_the_withdrawal_counts(String answer) {
    beforeWrite =
        () -> {
          beforeWrite = () -> {};
          answer(answer);
        };
    assertThat(request.withdraw()).isFalse();
    answer("accepted");
    assertThat(request.answer()).contains(new Answer(true, "started"));
  }

  @Test
  void an_evaluation_is_no_answer() {
    assertThat(request.answer()).isEmpty();
    answer("evaluating");
    assertThat(request.answer()).isEmpty();
    answer("refused");
    assertThat(request.answer()).contains(new Answer(false, "started"));
  }
}
