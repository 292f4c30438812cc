package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;

/** Tests an object that was mutated and is then changed by its author. */
class PreviousEditsTest extends EarlierEditsTestBase {

  @Test
  void a_new_image_changes_nothing_else() {
    JsonNode changed = changed(object -> container(object).put("image", "db:2"));

    ObjectNode expected = stored().deepCopy();
    container(expected).put("image", "db:2");
    assertThat(changed).isEqualTo(expected);
  }

  @Test
  void a_probe_of_the_authors_takes_the_place_of_the_one_that_was_added() {
    JsonNode probe =
        changed(
                object -> {
                  ObjectNode added = (ObjectNode) container(object).path("livenessProbe");
                  added.putObject("httpGet").put("path", "/healthz").put("port", 8080);
                  added.put("periodSeconds", 3);
                })
            .at(CONTAINER + "/livenessProbe");

    assertThat(probe.has("tcpSocket")).isFalse();
    assertThat(probe.at("/httpGet/path").asText()).isEqualTo("/healthz");
    // quick enough with the default threshold of three
    assertThat(probe.path("periodSeconds").asInt()).isEqualTo(3);
    assertThat(probe.has("failureThreshold")).isFalse();
  }

  @Test
  void a_changed_port_is_the_one_that_is_asked() {
    JsonNode changed =
        changed(
            object -> ((ObjectNode) object.at(CONTAINER + "/ports/0")).put("containerPort", 5433));

    assertThat(changed.at(CONTAINER + "/livenessProbe/tcpSocket/port").asInt()).isEqualTo(5433);
    assertThat(changed.at(CONTAINER + "/startupProbe/tcpSocket/port").asInt()).isEqualTo(5433);
  }

  @Test
  void a_container_that_is_put_before_it_does_not_hide_it() {
    JsonNode changed =
        changed(
            object -> {
              container(object).withArray("ports").removeAll().addObject().put("containerPort", 1);
              var containers = (ArrayNode) object.at(TEMPLATE + "/spec/containers");
              containers.insertObject(0).put("name", "proxy").put("image", "proxy");
            });

    assertThat(changed.at(CONTAINER).has("livenessProbe")).isFalse();
    assertThat(changed.at(TEMPLATE + "/spec/containers/1/livenessProbe/tcpSocket/port").asInt())
        .isEqualTo(1);
  }

  @Test
  void an_annotation_brings_the_grace_period_back() {
    JsonNode changed = changed(object -> annotations(object).put(PodAnnotations.GRACE, "probe"));

    assertThat(changed.at(TEMPLATE + "/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(30);
    assertThat(changed.at(CONTAINER + "/livenessProbe/terminationGracePeriodSeconds").asInt())
        .isEqualTo(1);
  }

  @Test
  void an_annotation_brings_everything_back() {
    JsonNode changed =
        changed(object -> annotations(object).put(PodAnnotations.MUTATE, "disabled"));

    ObjectNode expected = Manifests.parse(DEPLOYMENT);
    ((ObjectNode) expected.at(TEMPLATE + "/metadata"))
        .putObject("annotations")
        .put(PodAnnotations.MUTATE, "disabled");
    assertThat(changed).isEqualTo(expected);
  }

  @Test
  void a_trace_that_an_apply_removed_is_written_again() {
    JsonNode changed =
        changed(object -> ((ObjectNode) object.at(TEMPLATE + "/metadata")).remove("annotations"));

    assertThat(changed).isEqualTo(stored());
  }

  @Test
  void a_revision_with_its_own_trace_is_complete() {
    JsonNode changed =
        changed(
            object -> {
              annotations(object).put(PodAnnotations.TRACE, "{\"grace\":{}}");
              container(object).put("image", "db:0");
            });

    assertThat(changed.at(CONTAINER + "/image").asText()).isEqualTo("db:0");
    assertThat(changed.at(TEMPLATE + "/metadata/annotations").path(PodAnnotations.TRACE).asText())
        .isEqualTo("{\"grace\":{}}");
  }

  @Test
  void keeps_what_was_set_while_the_claim_cannot_be_looked_up() {
    JsonNode changed = changed(object -> moveTo("unheard-of", object));

    assertThat(changed.at(CONTAINER).has("livenessProbe")).isTrue();
  }

  @Test
  void a_move_to_a_shared_claim_takes_everything_back() {
    JsonNode changed = changed(object -> moveTo("shared", object));

    assertThat(changed.at(CONTAINER).has("livenessProbe")).isFalse();
    assertThat(changed.at(TEMPLATE + "/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(30);
    assertThat(changed.at("/spec/strategy/type").asText()).isEqualTo("RollingUpdate");
  }

  /** The API server leaves out the zero that was set. */
  @Test
  void a_delay_that_was_set_to_zero_comes_back() {
    ObjectNode authors = Manifests.parse(DEPLOYMENT);
    container(authors)
        .putObject("livenessProbe")
        .put("initialDelaySeconds", 200)
        .putObject("tcpSocket")
        .put("port", 5432);
    JsonNode edited =
        MUTATIONS.apply(Manifests.facts(authors), authors, new FixtureInventory()).edited();
    ObjectNode stored = edited.deepCopy();
    assertThat(container(stored).path("livenessProbe").path("initialDelaySeconds").asInt(-1))
        .isZero();
    ((ObjectNode) container(stored).path("livenessProbe")).remove("initialDelaySeconds");
    ObjectNode object = stored.deepCopy();
    annotations(object).put(PodAnnotations.MUTATE, "disabled");

    JsonNode changed =
        MUTATIONS
            .applyToChange(
                Manifests.facts(object),
                object,
                Manifests.facts(stored.deepCopy()),
                stored,
                new FixtureInventory())
            .edited();
    assertThat(changed.at(CONTAINER + "/livenessProbe/initialDelaySeconds").asInt()).isEqualTo(200);
  }
}
