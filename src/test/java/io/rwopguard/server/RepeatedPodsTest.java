package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods that are recreated in a loop, each time with edits. */
class RepeatedPodsTest extends MutatorTestBase {

  @ParameterizedTest
  @ValueSource(strings = {"name: db-0", OF_REPLICA_SET})
  void a_pod_that_is_recreated_in_a_loop_is_left_alone_for_an_hour(String metadata) {
    for (int i = 0; i < LIMIT; i++) {
      assertThat(edits(createPod(metadata, CLAIM))).isTrue();
    }
    assertThat(edits(createPod(metadata, CLAIM))).isFalse();
    assertThat(edits(createPod("name: other-0", CLAIM))).isTrue();

    pass(Duration.ofMinutes(59));
    assertThat(edits(createPod(metadata, CLAIM))).isFalse();
    pass(Duration.ofMinutes(1));
    assertThat(edits(createPod(metadata, CLAIM))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"name: db-0", OF_REPLICA_SET})
  void a_pod_that_never_comes_to_exist_is_not_recreated_in_a_loop(String metadata) {
    for (int i = 0; i < 5 * LIMIT; i++) {
      assertThat(edits(tryToCreatePod(metadata, CLAIM))).isTrue();
    }
    assertThat(edits(createPod(metadata, CLAIM))).isTrue();
    assertThat(stops()).isZero();
  }

  @Test
  void the_warning_says_that_the_pod_stays_as_it_is() {
    for (int i = 0; i < LIMIT; i++) {
      createPod("name: db-0", CLAIM);
    }
    assertThat(
            String.join(" ", createPod("name: db-0", CLAIM).warnings()).replace(" ... ... ", " "))
        .contains("Pod db-0 of namespace shop", "stays unchanged until it is recreated");
  }

  @Test
  void many_pods_of_one_owner_with_a_claim_each_are_no_loop() {
    for (int i = 0; i < 5 * LIMIT; i++) {
      assertThat(edits(createPod(OF_REPLICA_SET, OWN_CLAIM))).isTrue();
      assertThat(edits(createPod("generateName: bare-", CLAIM))).isTrue();
    }
  }

  @Test
  void with_a_limit_of_zero_it_never_gives_way() {
    mutator = mutator(0);
    for (int i = 0; i < 100; i++) {
      assertThat(edits(createPod("name: db-0", CLAIM))).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"9999, false", "10000, true"})
  void it_remembers_a_limited_number_of_objects(int others, boolean forgotten) {
    for (int i = 1; i < LIMIT; i++) {
      createPod("name: db-0", CLAIM);
    }
    for (int i = 0; i < others; i++) {
      answerAtOnce(Reviews.create(POD.formatted("name: other-" + i, CLAIM)));
    }
    createPod("name: db-0", CLAIM);

    assertThat(edits(createPod("name: db-0", CLAIM))).isEqualTo(forgotten);
  }
}
