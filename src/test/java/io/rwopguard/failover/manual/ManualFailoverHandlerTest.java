package io.rwopguard.failover.manual;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.detection.ClusterState.RequestedFailover;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of manual failovers whose command or whose controller has ended. */
class ManualFailoverHandlerTest {

  private static final String NAMESPACE = "rwop-guard";
  private static final Instant CREATED = Instant.parse("2026-11-27T01:02:03Z");
  private static final RequestedFailover REQUEST =
      new RequestedFailover("rwop-guard-request-1", CREATED, false);

  private Duration age = Duration.ZERO;
  private final MemoryCluster cluster = new MemoryCluster();
  private Runnable beforeWrite = () -> {};
  private final FailoverStore objects =
      new FailoverStore(
          new ForwardingClusterApi(cluster) {
            @Override
            protected void beforeWrite(String name) {
              beforeWrite.run();
            }
          },
          () -> true);
  private final ManualFailoverHandler requests =
      new ManualFailoverHandler(
          new NoNodes(),
          objects,
          null,
          null,
          null,
          NAMESPACE,
          new Clocks(() -> age.toNanos(), () -> CREATED.plus(age)));

  /** A cluster without nodes: what is evaluated is refused. */
  private static final class NoNodes implements ClusterState {

    @Override
    public boolean hasSynced() {
      return true;
    }

    @Override
    public List<NodeFacts> nodes() {
      return List.of();
    }

    @Override
    public Optional<NodeFacts> node(String name) {
      return Optional.empty();
    }

    @Override
    public Optional<PrimaryLease> lease(ClaimKey claim) {
      return Optional.empty();
    }

    @Override
    public List<RequestedFailover> requests() {
      return List.of(REQUEST);
    }
  }

  @BeforeEach
  void create() {
    write("");
  }

  /** Writes the request with an answer of a leader, or with none. */
  private void write(String answer) {
    ObjectNode map =
        MemoryCluster.tree(
            "{'metadata':{'namespace':'rwop-guard','name':'rwop-guard-request-1'},'data':{'node':'node-1','requestedBy':'jane'}}");
    OwnLabels.putRecord(map.withObject("/metadata"), ClusterState.RequestedFailover.LABEL_VALUE);
    if (!answer.isEmpty()) {
      map.withObject("/data").put("answer", answer).put("text", "by another leader");
    }
    cluster.force(Resources.CONFIG_MAPS, NAMESPACE, map);
  }

  private Optional<JsonNode> stored() {
    return cluster.get(Resources.CONFIG_MAPS, NAMESPACE, REQUEST.name());
  }

  private String answerAfter(Duration passed) {
    age = passed;
    requests.answer(REQUEST, node -> null, List.of(), Optional.empty());
    return stored()
        .map(map -> map.path("data"))
        .map(data -> data.path("answer").asText() + ": " + data.path("text").asText())
        .orElse("gone");
  }

  @Test
  void a_request_that_a_leader_began_to_evaluate_and_left_is_refused_after_thirty_seconds() {
    write("evaluating");
    assertThat(answerAfter(Duration.ofSeconds(30))).isEqualTo("evaluating: by another leader");
    assertThat(answerAfter(Duration.ofSeconds(31)))
        .startsWith("refused: ")
        .contains("stopped before it answered", "repeat the command");
    int writes = cluster.writes();
    assertThat(answerAfter(Duration.ofMinutes(1))).startsWith("refused: ");
    assertThat(cluster.writes()).as("answered once").isEqualTo(writes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"accepted", "refused"})
  void an_answer_stays_for_fifteen_minutes(String answer) {
    write(answer);
    assertThat(answerAfter(Duration.ofMinutes(15))).isEqualTo(answer + ": by another leader");
    assertThat(answerAfter(Duration.ofSeconds(901))).isEqualTo("gone");
  }

  /** No controller led for a while, or none had started, and the command was killed. */
  @ParameterizedTest
  @CsvSource({"0,does not exist", "600,does not exist", "601,not answered within 10 minutes"})
  void a_request_is_evaluated_for_as_long_as_the_word_of_its_author_holds(
      int seconds, String text) {
    assertThat(answerAfter(Duration.ofSeconds(seconds))).startsWith("refused: ").contains(text);
  }

  @Test
  void a_request_that_another_leader_evaluates_is_left_to_it() {
    beforeWrite =
        () -> {
          beforeWrite = () -> {};
          write("evaluating");
        };
    assertThat(answerAfter(Duration.ofSeconds(1))).isEqualTo("evaluating: by another leader");
  }

  /** A policy guards what has the label: the rest may name anybody. */
  @Test
  void a_map_that_lost_its_label_is_no_request() {
    ObjectNode map = stored().orElseThrow().deepCopy();
    map.withObject("/metadata").remove("labels");
    cluster.force(Resources.CONFIG_MAPS, NAMESPACE, map);
    assertThat(answerAfter(Duration.ofSeconds(1))).isEqualTo(": ");
    assertThat(answerAfter(Duration.ofHours(1))).as("nor deleted").isEqualTo(": ");
  }

  @Test
  void a_request_that_was_withdrawn_meanwhile_is_not_evaluated() {
    beforeWrite =
        () -> {
          beforeWrite = () -> {};
          cluster.delete(Resources.CONFIG_MAPS, NAMESPACE, REQUEST.name(), null);
        };
    assertThat(answerAfter(Duration.ofSeconds(1))).isEqualTo("gone");
  }
}
