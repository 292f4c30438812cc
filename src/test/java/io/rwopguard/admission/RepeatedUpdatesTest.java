package io.rwopguard.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.Manifests;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Another program that undoes an edit of a workload again and again. */
class RepeatedUpdatesTest extends MutatorTestBase {

  @Test
  void an_edit_that_is_undone_again_and_again_stops_for_an_hour() {
    JsonNode stored = edited();
    for (int i = 0; i < LIMIT; i++) {
      assertThat(stops()).isZero();
      assertThat(graceOf(undo(stored))).isZero();
      pass(Duration.ofMinutes(10));
    }
    assertThat(stops()).isEqualTo(1);

    for (int i = 0; i < 5; i++) {
      // all of it is as its author means it, not only what was fought over
      assertThat(undo(stored).path("spec"))
          .isEqualTo(
              Manifests.parse(
                      STATEFUL_SET.replace(
                          "metadata: {labels", "metadata: {annotations: {}, labels"))
                  .path("spec"));
      pass(Duration.ofMinutes(10));
    }

    assertThat(graceOf(undo(stored))).isZero();
    assertThat(stops()).isEqualTo(1);
  }

  @Test
  void the_warning_names_the_object_and_says_what_to_do() {
    JsonNode stored = edited();
    for (int i = 0; i < LIMIT; i++) {
      undo(stored);
    }

    ObjectNode review = Reviews.update(stored.toString(), undone(stored).toString());
    assertThat(String.join(" ", answer(review).warnings()).replace(" ... ... ", " "))
        .contains("StatefulSet db of namespace shop", "3 times in an hour")
        .contains("rwop-guard.io/mutate: disabled");
  }

  @Test
  void an_api_server_that_asks_twice_is_counted_once() {
    JsonNode stored = edited();
    ObjectNode review = Reviews.update(stored.toString(), undone(stored).toString());
    answer(review);
    for (int i = 0; i < 5 * LIMIT; i++) {
      answerAtOnce(review);
    }

    assertThat(stops()).isZero();
  }

  @Test
  void edits_further_apart_never_stop() {
    JsonNode stored = edited();
    for (int i = 0; i < 5 * LIMIT; i++) {
      assertThat(graceOf(undo(stored))).isZero();
      pass(Duration.ofMinutes(31));
    }
  }

  @Test
  void an_update_that_changes_something_is_not_counted() {
    JsonNode stored = edited();
    for (int i = 0; i < 5 * LIMIT; i++) {
      ObjectNode wanted = undone(stored);
      ((ObjectNode) wanted.at(CONTAINER)).put("image", "db:" + (2 + i));
      stored = update(stored, wanted);
      assertThat(graceOf(stored)).isZero();
    }
  }

  @Test
  void an_update_that_takes_something_away_is_not_counted() {
    JsonNode stored = edited();
    ObjectNode wanted = undone(stored);
    ((ObjectNode) wanted.at(CONTAINER)).remove("image");
    for (int i = 0; i < 5 * LIMIT; i++) {
      assertThat(graceOf(update(stored, wanted))).isZero();
    }
  }

  @Test
  void a_dry_run_is_not_counted_and_tells_what_would_happen() {
    JsonNode stored = edited();
    ObjectNode dryRun = Reviews.update(stored.toString(), undone(stored).toString());
    Reviews.request(dryRun).put("dryRun", true);
    for (int i = 0; i < 5 * LIMIT; i++) {
      assertThat(answer(dryRun).warnings()).isEmpty();
    }
    assertThat(stops()).isZero();

    for (int i = 0; i < LIMIT; i++) {
      undo(stored);
    }
    assertThat(answer(dryRun).warnings()).isNotEmpty();
  }
}
