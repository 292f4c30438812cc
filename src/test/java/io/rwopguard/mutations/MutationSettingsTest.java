package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the effect of the settings on the mutations. */
class MutationSettingsTest {

  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: db}
      spec:
        terminationGracePeriodSeconds: %d
        containers:
          - {name: db, ports: [{containerPort: 5432}], volumeMounts: [{name: data, mountPath: /data}]}
        volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
        tolerations:
          - {key: example.org/own, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
          - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: %d}
          - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
      """;
  private static final String STATEFUL_SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db}
      spec:
        template:
          spec:
            containers: [{name: db, volumeMounts: [{name: data, mountPath: /data}]}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: exclusive}}]
            tolerations: [%s]
      """;

  private static MutationSettings settings(int grace, boolean ofPod, String... edits) {
    return new MutationSettings(
        MutationSettings.DEFAULTS.liveness(),
        60,
        grace,
        ofPod,
        10,
        Set.of("fenced.csi"),
        Set.of(edits),
        MutationSettings.ALL_KINDS);
  }

  private static JsonNode mutated(MutationSettings settings, String manifest) {
    ObjectNode object = Manifests.parse(manifest);
    ObjectFacts facts = Manifests.facts(object);
    return new MutationSet(settings).apply(facts, object, new FixtureInventory()).edited();
  }

  @ParameterizedTest
  @CsvSource({
    // with some grace, a dead node's Pod stays until a user deletes it
    "30, exclusive, 300, 10, 10",
    "1, exclusive, 300, 10, 10",
    // an author's own is left alone
    "30, exclusive, 60, 60, 10",
    // with none, only where the driver takes the dead node's access away
    "0, fenced, 300, 10, 10",
    "0, unfenced, 300, 300, 300",
    "0, half-migrated, 300, 300, 300",
  })
  void default_tolerations_of_a_pod_are_shortened_where_that_is_safe(
      int grace, String claim, int notReady, int notReadyAfter, int unreachableAfter) {
    JsonNode pod = mutated(settings(0, true, "tolerations"), POD.formatted(grace, claim, notReady));

    JsonNode tolerations = pod.at("/spec/tolerations");
    assertThat(tolerations).hasSize(3);
    assertThat(tolerations)
        .extracting(toleration -> toleration.path("tolerationSeconds").asInt())
        .containsExactly(300, notReadyAfter, unreachableAfter);
  }

  @Test
  void a_template_which_has_no_default_tolerations_yet_is_given_short_ones() {
    JsonNode set = mutated(settings(0, true, "tolerations"), STATEFUL_SET.formatted(""));

    assertThat(set.at("/spec/template/spec/tolerations"))
        .extracting(toleration -> toleration.path("key").asText())
        .containsExactly("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
  }

  @Test
  void a_template_that_tolerates_everything_is_left_as_it_is() {
    String manifest = STATEFUL_SET.formatted("{operator: Exists}");

    assertThat(mutated(settings(0, true, "tolerations"), manifest))
        .isEqualTo(Manifests.parse(manifest));
  }

  @Test
  void tolerations_are_left_alone_by_default() {
    assertThat(MutationSettings.DEFAULTS.edits()).doesNotContain("tolerations");
  }

  @ParameterizedTest
  @CsvSource({
    "30, 0, true, 0",
    "30, 5, true, 5",
    // an author's shorter one stays
    "3, 5, true, 3",
    // the probe's profile keeps the Pod's
    "30, 0, false, 30",
  })
  void the_grace_period_is_as_set(int authors, int grace, boolean ofPod, int expected) {
    JsonNode pod =
        mutated(
            settings(grace, ofPod, "liveness", "grace"), POD.formatted(authors, "exclusive", 300));

    assertThat(pod.at("/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(expected);
    assertThat(pod.at("/spec/containers/0/livenessProbe").has("terminationGracePeriodSeconds"))
        .isEqualTo(!ofPod);
  }

  @ParameterizedTest
  @CsvSource({"unfenced, 0, 1", "unfenced, 30, 1", "fenced, 30, 0"})
  void a_driver_that_does_not_attach_gets_a_second(String claim, int authors, int expected) {
    JsonNode pod = mutated(MutationSettings.DEFAULTS, POD.formatted(authors, claim, 300));

    assertThat(pod.at("/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(expected);
  }

  @Test
  void an_edit_that_is_off_is_not_made() {
    String manifest = POD.formatted(30, "exclusive", 300);

    assertThat(mutated(settings(0, true), manifest)).isEqualTo(Manifests.parse(manifest));
    JsonNode graceOnly = mutated(settings(0, true, "grace"), manifest);
    assertThat(graceOnly.at("/spec/terminationGracePeriodSeconds").asInt()).isZero();
    assertThat(graceOnly.at("/spec/containers/0").has("livenessProbe")).isFalse();
    assertThat(graceOnly.at("/metadata").has("annotations")).isFalse();
  }

  @Test
  void no_trace_is_left_where_the_api_server_would_refuse_it() {
    String full =
        POD.formatted(30, "exclusive", 300)
            .replace("{name: db}\nspec", "{name: db, annotations: {a: %s}}\nspec")
            .formatted("x".repeat(256 * 1024 - 100));
    ObjectNode object = Manifests.parse(full);

    PatchBuilder draft =
        new MutationSet(MutationSettings.DEFAULTS)
            .apply(Manifests.facts(object), object, new FixtureInventory());

    assertThat(draft.edited().at("/metadata/annotations")).hasSize(1);
    assertThat(draft.edited().at("/spec/terminationGracePeriodSeconds").asInt()).isZero();
    assertThat(draft.warnings())
        .containsExactly(
            "the edits are not recorded: the annotations have reached their maximum size; shorten the others");
  }

  @Test
  void only_objects_of_the_kinds_that_are_set_are_changed() {
    MutationSettings defaults = MutationSettings.DEFAULTS;
    MutationSet podsOnly =
        new MutationSet(
            new MutationSettings(
                defaults.liveness(),
                60,
                0,
                true,
                10,
                Set.of(),
                defaults.edits(),
                Set.of(Kind.POD)));
    ObjectFacts pod = Manifests.facts(Manifests.parse(POD.formatted(30, "exclusive", 300)));
    ObjectFacts set = Manifests.facts(Manifests.parse(STATEFUL_SET.formatted("")));

    assertThat(podsOnly.concerns(pod)).isTrue();
    assertThat(podsOnly.concerns(set)).isFalse();
  }
}
