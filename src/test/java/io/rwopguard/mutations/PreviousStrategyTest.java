package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks to whom a Deployment's strategy belongs, where rwop-guard has set one before. */
class PreviousStrategyTest extends EarlierEditsTestBase {

  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  /**
   * The Recreate that was set, written by the author as well, as the two kinds of apply show it.
   */
  private static final String BY_KUBECTL =
      "{annotations: {LAST: '{\"spec\":{\"strategy\":{\"type\":\"Recreate\"}}}'}}";

  private static final String BY_SERVER_SIDE_APPLY =
      "{managedFields: [{manager: ci, operation: Apply, fieldsV1: {'f:spec': {'f:strategy': {'f:type': {}}}}}]}";

  @Test
  void limits_that_an_apply_merged_into_our_strategy_do_not_make_it_invalid() {
    JsonNode changed =
        changed(
            object -> {
              container(object).put("image", "db:2");
              limit(object, 0);
            });

    assertThat(changed.at("/spec/strategy")).isEqualTo(stored().at("/spec/strategy"));
  }

  @Test
  void merged_limits_that_cannot_deadlock_are_the_authors() {
    JsonNode strategy =
        changed(
                object -> {
                  container(object).put("image", "db:2");
                  limit(object, 1);
                })
            .at("/spec/strategy");

    assertThat(strategy.path("type").asText()).isEqualTo("RollingUpdate");
    assertThat(strategy.path("rollingUpdate").path("maxUnavailable").asInt()).isEqualTo(1);
  }

  @Test
  void a_strategy_stays_valid_while_the_claim_cannot_be_looked_up() {
    JsonNode changed =
        changed(
            object -> {
              moveTo("unheard-of", object);
              limit(object, 0);
            });

    assertThat(changed.at("/spec/strategy")).isEqualTo(stored().at("/spec/strategy"));
  }

  /** The template has to stay as it is then, and so does the trace in it. */
  @Test
  void limits_that_were_chosen_after_the_edit_outlive_the_next_image() {
    JsonNode chosen = strategy(0, 1, stored());
    assertThat(chosen.at("/spec/strategy/rollingUpdate/maxUnavailable").asInt()).isEqualTo(1);

    PatchBuilder changed = changed(chosen, object -> container(object).put("image", "db:2"));

    assertThat(changed.edited().at("/spec/strategy")).isEqualTo(chosen.at("/spec/strategy"));
    assertThat(trace(changed)).contains("liveness").doesNotContain("strategy");
    assertThat(changed.warnings()).noneMatch(warning -> warning.contains("strategy"));
  }

  @ParameterizedTest
  @ValueSource(strings = {BY_KUBECTL, BY_SERVER_SIDE_APPLY})
  void a_strategy_that_its_author_wrote_as_well_stays(String metadata) {
    JsonNode written = stored().deepCopy();
    ((ObjectNode) written.path("metadata"))
        .setAll(Manifests.parse(metadata.replace("LAST", LAST_APPLIED)));

    PatchBuilder moved = changed(written, object -> moveTo("shared", object));
    assertThat(moved.edited().at("/spec/strategy")).isEqualTo(stored().at("/spec/strategy"));
    assertThat(moved.edited().at(TEMPLATE + "/spec/terminationGracePeriodSeconds").asInt())
        .isEqualTo(30);

    PatchBuilder changed = changed(written, object -> container(object).put("image", "db:2"));
    assertThat(changed.edited().at("/spec/strategy")).isEqualTo(stored().at("/spec/strategy"));
    assertThat(trace(changed)).contains("liveness").doesNotContain("strategy");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{annotations: {LAST: '{\"spec\":{\"strategy\":{\"type\":\"RollingUpdate\"}}}'}}",
        "{annotations: {LAST: '{\"spec\":{\"replicas\":1}}'}}",
        "{annotations: {LAST: 'no JSON'}}",
        "{managedFields: [{manager: a, operation: Update, fieldsV1: {'f:spec': {'f:strategy': {'f:type': {}}}}}]}",
        "{managedFields: [{manager: a, operation: Apply, fieldsV1: {'f:spec': {'f:strategy': {'f:rollingUpdate': {}}}}}]}"
      })
  void a_strategy_that_its_author_did_not_write_is_taken_back(String metadata) {
    JsonNode stored = stored().deepCopy();
    ((ObjectNode) stored.path("metadata"))
        .setAll(Manifests.parse(metadata.replace("LAST", LAST_APPLIED)));

    assertThat(changed(stored, object -> moveTo("shared", object)).edited().at("/spec/strategy"))
        .isEqualTo(Manifests.parse(DEPLOYMENT).at("/spec/strategy"));
  }

  @Test
  void does_not_ask_for_what_the_update_says_already() {
    assertThat(changed(stored(), object -> container(object).put("image", "db:2")).warnings())
        .noneMatch(warning -> warning.contains("strategy"));
    assertThat(changed(stored(), object -> limit(object, 0)).warnings())
        .anyMatch(warning -> warning.contains("write strategy: {type: Recreate}"));
  }

  /** An update of the strategy alone leaves the template as it is, without a trace. */
  @ParameterizedTest
  @CsvSource({
    "Apply, f:rollingUpdate, RollingUpdate",
    "Apply, f:type, Recreate",
    "Update, f:type, Recreate"
  })
  void limits_that_were_merged_into_what_left_no_trace(
      String operation, String owned, String type) {
    ObjectNode stored = stored().deepCopy();
    annotations(stored).remove(PodAnnotations.TRACE);
    ((ObjectNode) stored.path("metadata"))
        .setAll(
            Manifests.parse(
                "{managedFields: [{operation: %s, fieldsV1: {'f:spec': {'f:strategy': {'%s': {}}}}}]}"
                    .formatted(operation, owned)));

    JsonNode strategy = changed(stored, object -> limit(object, 1)).edited().at("/spec/strategy");
    assertThat(strategy.path("type").asText()).isEqualTo(type);
    assertThat(strategy.at("/rollingUpdate/maxUnavailable").asInt()).isEqualTo(1);
  }

  /** A mix that no merge with what was set can have made is for the API server to refuse. */
  @Test
  void a_mix_of_the_authors_own_stays_while_the_claim_cannot_be_looked_up() {
    PatchBuilder changed =
        changed(
            strategy(0, 1, stored()),
            object -> {
              moveTo("unheard-of", object);
              ((ObjectNode) object.at("/spec/strategy")).put("type", "Recreate");
            });

    assertThat(changed.edited().at("/spec/strategy").has("rollingUpdate")).isTrue();
  }

  private static String trace(PatchBuilder changed) {
    return changed
        .edited()
        .at(TEMPLATE + "/metadata/annotations")
        .path(PodAnnotations.TRACE)
        .asText();
  }

  /** Returns what is stored once the author has chosen these limits, and nothing else. */
  private static JsonNode strategy(int maxSurge, int maxUnavailable, JsonNode stored) {
    ObjectNode object = stored.deepCopy();
    ObjectNode strategy = ((ObjectNode) object.path("spec")).putObject("strategy");
    strategy
        .put("type", "RollingUpdate")
        .putObject("rollingUpdate")
        .put("maxSurge", maxSurge)
        .put("maxUnavailable", maxUnavailable);
    return MUTATIONS
        .applyToStrategy(Manifests.facts(object), object, stored, new FixtureInventory())
        .edited();
  }

  private static void limit(ObjectNode object, int maxUnavailable) {
    ((ObjectNode) object.at("/spec/strategy"))
        .putObject("rollingUpdate")
        .put("maxUnavailable", maxUnavailable);
  }
}
