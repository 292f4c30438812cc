package io.rwopguard.migration.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks when the last writer of a volume has ended whose driver does not attach it. */
class PodTerminationTest {

  private Instant now = Instant.parse("2026-11-28T00:00:00Z");
  private final PodTermination end = new PodTermination(() -> now);

  private static JsonNode pod(String node, int grace, String state) {
    try {
      return new JsonMapper()
          .readTree(
              "{'metadata':{'name':'db-0','uid':'u'},'spec':{'nodeName':'%s','terminationGracePeriodSeconds':%d},'status':{'containerStatuses':[{'state':{'%s':{}}}]}}"
                  .formatted(node, grace, state)
                  .replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static final Duration GRACE = Duration.ofSeconds(5);

  private void pass(int seconds) {
    now = now.plusSeconds(seconds);
  }

  @Test
  void a_pod_whose_containers_were_seen_to_end_needs_no_more_time() {
    assertThat(end.awaited(List.of(pod("n", 5, "running")), false, GRACE, List.of())).isEmpty();
    assertThat(end.awaited(List.of(pod("n", 5, "terminated")), false, GRACE, List.of())).isEmpty();
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isEmpty();
  }

  @Test
  void a_pod_that_vanished_while_it_ran_may_run_on() {
    end.awaited(List.of(pod("n", 5, "running")), false, GRACE, List.of());
    assertThat(end.awaited(List.of(), false, GRACE, List.of()))
        .hasValueSatisfying(why -> assertThat(why.text()).contains("db-0"));
    pass(29);
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isPresent();
    pass(2);
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isEmpty();
  }

  /**
   * Its kubelet continues with its first instruction, even if a client deletes the object by force.
   */
  @Test
  void a_pod_of_a_long_grace_period_may_run_on_for_so_long() {
    end.awaited(List.of(pod("n", 300, "running")), false, GRACE, List.of());
    end.awaited(List.of(), false, GRACE, List.of());
    pass(305);
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isPresent();
    pass(6);
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isEmpty();
    PodTermination next = new PodTermination(() -> now);
    next.awaited(List.of(), true, Duration.ofMinutes(5), List.of());
    pass(305);
    assertThat(next.awaited(List.of(), true, GRACE, List.of())).isPresent();
  }

  @Test
  void a_kubelet_that_is_cut_off_ends_nothing_until_it_is_back() {
    end.awaited(List.of(pod("n", 5, "running")), false, GRACE, List.of());
    end.awaited(List.of(), false, GRACE, List.of("n"));
    pass(600);
    assertThat(end.awaited(List.of(), false, GRACE, List.of("n"))).isPresent();
    pass(29);
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isPresent();
    pass(2);
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isEmpty();
  }

  @Test
  void so_may_those_that_went_before_this_run_looked() {
    assertThat(end.awaited(List.of(), true, GRACE, List.of())).isPresent();
    pass(31);
    assertThat(end.awaited(List.of(), true, GRACE, List.of())).isEmpty();
    assertThat(new PodTermination(() -> now).awaited(List.of(), false, GRACE, List.of())).isEmpty();
  }

  @Test
  void a_pod_that_never_had_a_node_never_ran() {
    end.awaited(List.of(pod("", 5, "waiting")), false, GRACE, List.of());
    assertThat(end.awaited(List.of(), false, GRACE, List.of())).isEmpty();
  }

  @Test
  void a_node_that_is_not_ready_and_a_grace_period_of_zero_are_refused() {
    assertThat(PodTermination.problems(List.of(pod("n", 5, "running")), List.of("m"))).isEmpty();
    assertThat(PodTermination.problems(List.of(pod("n", 5, "running")), List.of("n")))
        .singleElement()
        .asString()
        .contains("node n, which is not Ready");
    assertThat(PodTermination.problems(List.of(pod("n", 0, "running")), List.of()))
        .singleElement()
        .asString()
        .contains("grace period of 0");
  }
}
