package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.Seed;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.random.RandomSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces that someone else wrote: the annotation is part of the author's object. */
class ForeignTracesTest extends EarlierEditsTestBase {

  private static final long SEED = Seed.ofThisRun();
  private static final String[] MUTATIONS_THAT_LEAVE_ONE = {
    "volume-check", "liveness", "startup", "pre-stop", "grace", "strategy", "tolerations", "other"
  };
  private static final String[] PLACES = {
    "",
    "spec.",
    "spec.containers[0].",
    "spec.initContainers[0].",
    "spec.containers[7].",
    "spec.containers[999999999].",
    "spec.containers[99999999999].",
    "metadata.",
    "spec.containers."
  };
  private static final String[] FIELDS = {
    "livenessProbe",
    "livenessProbe.periodSeconds",
    "livenessProbe.initialDelaySeconds",
    "livenessProbe.terminationGracePeriodSeconds",
    "livenessProbe.exec",
    "startupProbe",
    "lifecycle",
    "lifecycle.preStop",
    "terminationGracePeriodSeconds",
    "tolerations",
    "tolerations[0]",
    "tolerations[0].tolerationSeconds",
    "strategy",
    "containers",
    "containers[0]",
    "name",
    "image",
    "volumeMounts",
    "labels",
    "annotations",
    "",
    ".",
    "[0]"
  };
  private static final String[] VALUES = {
    "null",
    "1",
    "-1",
    "1.5",
    "1e400",
    "99999999999999999999",
    "\"x\"",
    "true",
    "[]",
    "[1]",
    "{}",
    "{\"type\":\"RollingUpdate\"}",
    "{\"type\":1}",
    "{\"rollingUpdate\":\"x\"}",
    "{\"periodSeconds\":\"x\"}",
    "{\"exec\":\"x\"}",
    "{\"tcpSocket\":{\"port\":1}}"
  };

  private static ObjectNode traced(JsonNode object, String trace) {
    ObjectNode traced = object.deepCopy();
    ((ObjectNode) traced.at(TEMPLATE + "/metadata"))
        .putObject("annotations")
        .put(PodAnnotations.TRACE, trace);
    return traced;
  }

  private static JsonNode relabelled(JsonNode object) {
    return changed(
            object, update -> ((ObjectNode) update.at(TEMPLATE + "/metadata/labels")).put("v", "2"))
        .edited();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"liveness\":{\"spec.containers[99999999999].livenessProbe\":null}}",
        "{\"grace\":{\"spec.containers\":\"x\"}}",
        "{\"grace\":{\"spec.terminationGracePeriodSeconds\":\"x\"}}",
        "{\"grace\":{\"spec.terminationGracePeriodSeconds\":1.5}}",
        "{\"grace\":{\"metadata.labels\":null}}",
        "{\"strategy\":{\"metadata.name\":\"y\"}}",
        "{\"strategy\":{\"spec.strategy\":\"x\"}}",
        "{\"strategy\":{\"spec.replicas\":null}}",
        "{\"liveness\":{\"spec.containers[0].volumeMounts\":null}}",
        "{\"liveness\":{\"spec.containers[0].livenessProbe\":\"x\"}}",
        "{\"liveness\":{\"spec.containers[0].livenessProbe\":{\"periodSeconds\":\"x\"}}}",
        "{\"liveness\":{\"spec.containers[0].livenessProbe\":{\"exec\":[]}}}",
        "{\"startup\":{\"spec.terminationGracePeriodSeconds\":5}}",
        "{\"startup\":{\"spec.containers[0].startupProbe\":{}}}",
        "{\"pre-stop\":{\"spec.containers[0].ports\":null}}",
        "{\"tolerations\":{\"spec.volumes\":null}}",
        "{\"other\":{\"spec.terminationGracePeriodSeconds\":5}}",
        "{\"grace\":[1]}",
        "[]",
        "no JSON"
      })
  void does_not_revert_what_no_mutation_can_have_written(String trace) {
    ObjectNode written = Manifests.parse(DEPLOYMENT);

    assertThat(relabelled(traced(written, trace))).isEqualTo(relabelled(written));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"x\"",
        "{\"type\":1}",
        "{\"type\":\"Other\"}",
        "{\"rollingUpdate\":\"x\"}",
        "{\"rollingUpdate\":{\"maxUnavailable\":\"x\"}}",
        "{\"rollingUpdate\":{\"maxSurge\":1.5}}",
        "{\"rollingUpdate\":{\"maxSurge\":[]}}",
        "{\"replicas\":2}"
      })
  void does_not_revert_what_no_strategy_can_have_been(String strategy) {
    ObjectNode stored =
        traced(stored(), "{\"strategy\":{\"spec.strategy\":%s}}".formatted(strategy));

    JsonNode moved = changed(stored, object -> moveTo("shared", object)).edited();

    assertThat(moved.at("/spec/strategy")).isEqualTo(stored().at("/spec/strategy"));
  }

  @Test
  void no_trace_ends_in_a_failure() {
    for (int i = 0; i < 5_000; i++) {
      RandomSource dice = RandomSource.of(SEED, i, false);
      StringBuilder trace = new StringBuilder("{");
      for (int j = 0; j <= dice.below(3); j++) {
        trace
            .append(j == 0 ? "" : ",")
            .append(
                "\"%s\":{\"%s%s\":%s}"
                    .formatted(
                        dice.pick(MUTATIONS_THAT_LEAVE_ONE),
                        dice.pick(PLACES),
                        dice.pick(FIELDS),
                        dice.pick(VALUES)));
      }
      String written = trace.append("}").toString();
      ObjectNode stored =
          traced(dice.percent(50) ? stored() : Manifests.parse(DEPLOYMENT), written);

      JsonNode edited = relabelled(stored);

      assertThat(edited.at(CONTAINER + "/livenessProbe").isObject()).as(written).isTrue();
      assertThat(edited.at(CONTAINER + "/name").asText()).as(written).isEqualTo("db");
    }
  }
}
