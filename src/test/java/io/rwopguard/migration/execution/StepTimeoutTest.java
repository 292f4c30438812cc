package io.rwopguard.migration.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Wait;
import io.rwopguard.migration.plan.Workload;
import io.rwopguard.testing.manifests.Manifests;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks how long a move waits for others. */
class StepTimeoutTest {

  private static final NextStep WAITING = new NextStep.Waiting(new Wait.PodsEnded(List.of("db-0")));

  private static ObservedState look(String grace, List<String> pods) {
    JsonNode set =
        Manifests.parse(
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec: {template: {spec: {%s}}}
            """
                .formatted(grace));
    return new ObservedState(
        List.of(),
        new Workload(Optional.empty(), pods, false, Optional.empty(), false, Optional.empty()),
        List.of(),
        List.of(),
        Optional.of(set));
  }

  @ParameterizedTest
  @CsvSource({
    "'', PT5M",
    "terminationGracePeriodSeconds: 200, PT5M",
    "terminationGracePeriodSeconds: 600, PT11M",
    "terminationGracePeriodSeconds: 604800, PT1H1M"
  })
  void pods_get_their_grace_period_and_a_minute_but_no_week(String grace, Duration most) {
    StepTimeout patience = new StepTimeout(Duration.ofMinutes(5));
    assertThat(patience.most(WAITING, look(grace, List.of("db-0")))).isEqualTo(most);
    assertThat(patience.most(WAITING, look(grace, List.of()))).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void refuses_what_takes_too_long_and_says_how_to_wait_longer() {
    StepTimeout patience = new StepTimeout(Duration.ZERO);
    patience.begins("wait until Pod db-0 has ended");
    assertThatThrownBy(
            () ->
                patience.check(
                    WAITING, look("", List.of()), "wait until Pod db-0 has ended", " (why)"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("wait until Pod db-0 has ended (why)")
        .hasMessageContaining("--wait");
  }

  /** A second conflict, long after the first try, is looked at again as any other. */
  @Test
  void a_step_that_was_done_and_comes_again_has_its_full_time_again() {
    StepTimeout patience = new StepTimeout(Duration.ofMillis(500));
    String text = "scale StatefulSet db to 0";
    patience.begins(text);
    Awaitility.await().pollDelay(Duration.ofMillis(600)).until(() -> true);
    assertThatThrownBy(() -> patience.check(new NextStep.Done(), look("", List.of()), text, ""))
        .isInstanceOf(RefusedException.class);
    patience.goesOn();
    patience.begins(text);
    assertThatCode(() -> patience.check(new NextStep.Done(), look("", List.of()), text, ""))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 429, 500, 503})
  void waits_out_a_failure_of_a_moment_but_not_forever(int code) {
    KubernetesClientException failure = new KubernetesClientException("no", code, null);
    assertThatCode(() -> new StepTimeout(Duration.ofMinutes(5)).fails(failure))
        .doesNotThrowAnyException();
    StepTimeout over = new StepTimeout(Duration.ofNanos(-1));
    assertThatThrownBy(() -> over.fails(failure)).isSameAs(failure);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 409, 422})
  void a_refusal_is_none(int code) {
    KubernetesClientException refusal = new KubernetesClientException("no", code, null);
    assertThatThrownBy(() -> new StepTimeout(Duration.ofMinutes(5)).fails(refusal))
        .isSameAs(refusal);
  }
}
