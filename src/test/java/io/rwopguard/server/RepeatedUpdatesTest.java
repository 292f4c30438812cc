package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.testing.manifests.Manifests;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Another program that undoes an edit of a workload again and again. */
class RepeatedUpdatesTest extends MutatorTestBase {

  private static final String ROLLING =
      "{replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}, template";

  /** The API server stores nothing then; to take the edits back would restart the Pod. */
  @Test
  void an_edit_that_is_undone_again_and_again_is_made_again_for_as_long() {
    JsonNode stored = edited();
    for (int i = 0; i < 5 * LIMIT; i++) {
      JsonNode spec = undo(stored).path("spec");
      // in the stored probe is a default of the API server
      ((ObjectNode) spec.at("/template/spec/containers/0/livenessProbe"))
          .put("successThreshold", 1);
      assertThat(spec).isEqualTo(stored.path("spec"));
      pass(Duration.ofMinutes(1));
    }
    assertThat(stops()).isZero();
  }

  @Test
  void a_deployment_keeps_its_strategy_while_its_unchanged_manifest_is_applied_again_and_again() {
    String deployment =
        STATEFUL_SET.replace("StatefulSet", "Deployment").replace("{template", ROLLING);
    JsonNode stored = JsonPatch.apply(create(deployment).patch(), Manifests.parse(deployment));
    for (int i = 0; i < 5 * LIMIT; i++) {
      JsonNode applied = undo(stored);
      assertThat(applied.at("/spec/strategy/type").asText()).isEqualTo("Recreate");
      assertThat(applied).isEqualTo(stored);
    }
  }

  @Test
  void it_is_reported_once_in_an_hour() {
    JsonNode stored = edited();
    for (int i = 1; i < LIMIT; i++) {
      undo(stored);
      assertThat(reports()).isZero();
    }
    for (int i = 0; i < 10; i++) {
      undo(stored);
      assertThat(reports()).isEqualTo(1);
      pass(Duration.ofMinutes(5));
    }
    pass(Duration.ofHours(1));
    for (int i = 0; i < LIMIT; i++) {
      assertThat(reports()).isEqualTo(1);
      undo(stored);
    }
    assertThat(reports()).isEqualTo(2);
  }

  @Test
  void the_warning_names_the_object_and_says_what_to_do() {
    JsonNode stored = edited();
    for (int i = 0; i < LIMIT; i++) {
      undo(stored);
    }

    ObjectNode review = Reviews.update(stored.toString(), undone(stored).toString());
    assertThat(String.join(" ", answer(review).warnings()).replace(" ... ... ", " "))
        .contains("StatefulSet db of namespace shop", "3 times in an hour", "no Pod restarts")
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

    assertThat(reports()).isZero();
  }

  @Test
  void edits_further_apart_are_not_reported() {
    JsonNode stored = edited();
    for (int i = 0; i < 5 * LIMIT; i++) {
      undo(stored);
      pass(Duration.ofMinutes(31));
    }
    assertThat(reports()).isZero();
  }

  @Test
  void an_update_that_changes_something_is_not_counted() {
    JsonNode stored = edited();
    for (int i = 0; i < 5 * LIMIT; i++) {
      ObjectNode wanted = undone(stored);
      ((ObjectNode) wanted.at(CONTAINER)).put("image", "db:" + (2 + i));
      stored = update(stored, wanted);
    }
    assertThat(reports()).isZero();
  }

  @Test
  void an_update_that_takes_something_away_is_not_counted() {
    JsonNode stored = edited();
    ObjectNode wanted = undone(stored);
    ((ObjectNode) wanted.at(CONTAINER)).remove("image");
    for (int i = 0; i < 5 * LIMIT; i++) {
      update(stored, wanted);
    }
    assertThat(reports()).isZero();
  }

  @Test
  void a_dry_run_is_not_counted_and_tells_what_would_happen() {
    JsonNode stored = edited();
    ObjectNode dryRun = Reviews.update(stored.toString(), undone(stored).toString());
    Reviews.request(dryRun).put("dryRun", true);
    for (int i = 0; i < 5 * LIMIT; i++) {
      assertThat(answer(dryRun).warnings()).isEmpty();
    }
    assertThat(reports()).isZero();

    for (int i = 0; i < LIMIT; i++) {
      undo(stored);
    }
    assertThat(answer(dryRun).warnings()).isNotEmpty();
  }
}
