package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectReaderTest {

  private static ObjectFacts read(Kind kind, String yaml) {
    return ObjectReader.read(kind, "shop", Manifests.parse(yaml));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PERSISTENT_VOLUME | {spec: text} | spec: must be an object, found a string",
        "PERSISTENT_VOLUME | {spec: {accessModes: once}} | spec.accessModes: must be a list of strings, found a string",
        "PERSISTENT_VOLUME_CLAIM | {spec: {accessModes: [a, 7]}} | spec.accessModes: must be a list of strings, found a list with a number",
        "PERSISTENT_VOLUME_CLAIM | {metadata: {annotations: {a: 7}}} | metadata.annotations.a: must be a string, found a number",
        "POD | {spec: {}} | spec.containers: must be a list with at least one container, found nothing",
        "POD | {spec: {containers: []}} | spec.containers: must be a list with at least one container, found an empty list",
        "POD | {spec: {containers: {}}} | spec.containers: must be a list of objects, found an object",
        "POD | {spec: {containers: [text]}} | spec.containers[0]: must be an object, found a string",
        "DEPLOYMENT | {spec: {template: 5}} | spec.template: must be an object, found a number",
        "STATEFUL_SET | {spec: {volumeClaimTemplates: [[]]}} | spec.volumeClaimTemplates[0]: must be an object, found a list",
      })
  void says_which_field_is_not_of_its_type(Kind kind, String yaml, String message) {
    assertThatThrownBy(() -> read(kind, yaml))
        .isInstanceOf(MalformedObjectException.class)
        .hasMessage(message);
  }

  @Test
  void takes_null_for_not_set_as_the_api_server_does() {
    ObjectFacts facts =
        read(Kind.POD, "{metadata: {annotations: null}, spec: {volumes: null, containers: [{}]}}");

    assertThat(facts.podTemplate().orElseThrow().volumes()).isEmpty();
    assertThat(facts.annotations()).isEmpty();
  }

  @Test
  void takes_the_namespace_of_the_request_where_the_object_names_none() {
    assertThat(read(Kind.PERSISTENT_VOLUME_CLAIM, "{metadata: {name: data}}").namespace())
        .isEqualTo("shop");
  }

  @Test
  void an_autoscaler_and_what_it_scales_are_in_one_namespace() {
    ObjectFacts facts =
        read(
            Kind.HORIZONTAL_POD_AUTOSCALER,
            "{metadata: {namespace: other}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind:"
                + " Deployment, name: db}}}");
    assertThat(facts.scaleTarget()).contains(new ObjectKey(Kind.DEPLOYMENT, "other", "db"));
  }

  @Test
  void writes_paths_for_people_and_for_json_patch() {
    FieldPath path = FieldPath.ROOT.field("metadata").field("annotations").field("a.b/c~d");

    assertThat(path.text()).isEqualTo("metadata.annotations[a.b/c~d]");
    assertThat(path.pointer()).isEqualTo("/metadata/annotations/a.b~1c~0d");
    assertThat(FieldPath.ROOT.field("spec").field("containers").index(2).text())
        .isEqualTo("spec.containers[2]");
  }

  @Test
  void does_not_take_another_groups_kind_for_one_it_knows() {
    assertThat(Kind.of("apps", "Deployment")).contains(Kind.DEPLOYMENT);
    assertThat(Kind.of("apps.example.org", "Deployment")).isEmpty();
    assertThat(Kind.of("", "Gadget")).isEmpty();
  }
}
