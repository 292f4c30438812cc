package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubeObjectTest {

  private static final JsonMapper JSON = new JsonMapper();

  private static KubeObject object(String json) {
    try {
      return KubeObject.of(JSON.readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void reads_metadata() {
    KubeObject object =
        object(
            """
            {"metadata": {"name": "data", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
              "generation": 3, "deletionTimestamp": "2026-01-01T00:00:00Z",
              "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["x", "y"],
              "ownerReferences": [{"kind": "Pod"}], "managedFields": [{"manager": "kubectl"}]}}
            """);

    assertThat(object.name()).isEqualTo("data");
    assertThat(object.namespace()).isEqualTo("shop");
    assertThat(object.uid()).isEqualTo("u1");
    assertThat(object.resourceVersion()).isEqualTo("7");
    assertThat(object.generation()).isEqualTo(3);
    assertThat(object.isBeingDeleted()).isTrue();
    assertThat(object.labels().path("a").asText()).isEqualTo("b");
    assertThat(object.annotations().path("c").asText()).isEqualTo("d");
    assertThat(object.finalizers()).containsExactly("x", "y");
    assertThat(object.ownerReferences().path(0).path("kind").asText()).isEqualTo("Pod");
    assertThat(object.managedFields().path(0).path("manager").asText()).isEqualTo("kubectl");
  }

  @Test
  void reads_the_fields_of_claims_volumes_and_workloads() {
    KubeObject object =
        object(
            """
            {"spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "pv-1",
              "claimRef": {"uid": "u2"}, "persistentVolumeReclaimPolicy": "Retain",
              "nodeName": "node-1", "replicas": 0, "template": {"spec": {"hostname": "h"}}},
             "status": {"phase": "Bound",
              "conditions": [{"type": "Ready", "status": "False"}, {"type": "Resizing", "status": "True"}]}}
            """);

    assertThat(object.accessModes()).containsExactly("ReadWriteOnce");
    assertThat(object.volumeName()).isEqualTo("pv-1");
    assertThat(object.claimRef().path("uid").asText()).isEqualTo("u2");
    assertThat(object.reclaimPolicy()).isEqualTo("Retain");
    assertThat(object.nodeName()).isEqualTo("node-1");
    assertThat(object.replicas()).isZero();
    assertThat(object.podSpec().path("hostname").asText()).isEqualTo("h");
    assertThat(object.phase()).isEqualTo("Bound");
    assertThat(object.hasCondition("Resizing")).isTrue();
    assertThat(object.hasCondition("Ready")).isFalse();
    assertThat(object.hasCondition("Other")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "null",
        "[]",
        "[1]",
        "5",
        "\"text\"",
        "{\"metadata\": null, \"spec\": null, \"status\": null}",
        "{\"metadata\": 1, \"spec\": \"x\", \"status\": [{\"phase\": \"Bound\"}]}",
        "{\"metadata\": [], \"spec\": true, \"status\": 2.5}",
        """
        {"metadata": {"name": null, "namespace": null, "uid": null, "resourceVersion": null,
          "generation": null, "deletionTimestamp": null, "labels": null, "annotations": null,
          "ownerReferences": null, "managedFields": null, "finalizers": null},
         "spec": {"accessModes": null, "volumeName": null, "claimRef": null,
          "persistentVolumeReclaimPolicy": null, "nodeName": null, "replicas": null,
          "template": null},
         "status": {"phase": null, "conditions": null}}""",
        """
        {"metadata": {"name": {}, "namespace": [], "uid": [1], "resourceVersion": {"a": 1},
          "generation": "x", "labels": 1, "annotations": "x", "ownerReferences": true,
          "managedFields": 7, "finalizers": "x"},
         "spec": {"accessModes": 1, "volumeName": [], "claimRef": "x",
          "persistentVolumeReclaimPolicy": {}, "nodeName": {}, "replicas": [], "template": [1]},
         "status": {"phase": {}, "conditions": [null, 1, "x", [], {"type": "Ready"}]}}"""
      })
  void a_field_that_is_absent_null_or_of_another_type_reads_as_not_set(String json) {
    KubeObject object = object(json);

    assertThat(
            List.of(
                object.name(),
                object.namespace(),
                object.uid(),
                object.resourceVersion(),
                object.volumeName(),
                object.reclaimPolicy(),
                object.nodeName(),
                object.phase()))
        .containsOnly("");
    assertThat(object.generation()).isZero();
    assertThat(object.replicas()).isEqualTo(1);
    assertThat(object.isBeingDeleted()).isFalse();
    assertThat(object.hasCondition("Ready")).isFalse();
    assertThat(object.finalizers()).isEmpty();
    assertThat(object.accessModes()).isEmpty();
    for (JsonNode node :
        List.of(
            object.labels(),
            object.annotations(),
            object.ownerReferences(),
            object.managedFields(),
            object.claimRef(),
            object.podSpec())) {
      assertThat(node.isContainerNode()).isFalse();
    }
  }

  @Test
  void a_text_of_another_scalar_type_reads_as_its_text() {
    KubeObject object = object("{\"metadata\": {\"name\": 5, \"uid\": true}}");

    assertThat(object.name()).isEqualTo("5");
    assertThat(object.uid()).isEqualTo("true");
  }

  @Test
  void an_element_of_a_list_reads_as_its_text() {
    KubeObject object = object("{\"spec\": {\"accessModes\": [\"a\", 1, null, {}]}}");

    assertThat(object.accessModes()).containsExactly("a", "1", "null", "");
  }
}
