package io.rwopguard.kube;

import static net.javacrumbs.jsonunit.assertj.JsonAssertions.assertThatJson;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectTreeTest {

  private static final KubernetesSerialization TREES = ObjectTree.serialization();

  private static final String POD =
      """
      {"apiVersion": "v1", "kind": "Pod",
       "metadata": {"name": "db", "namespace": "shop", "uid": "u", "resourceVersion": "7",
        "labels": {"app": "db"},
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:invented": {}}}}],
        "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "v"}]},
       "spec": {"invented": "later", "numbers": [1, 2.5, 9007199254740993], "managedFields": "kept"}}
      """;

  private static final String WITHOUT_MANAGED_FIELDS =
      POD.replaceFirst("\"managedFields\": \\[.*}],", "");

  @Test
  void is_the_object_as_it_was_sent_without_its_managed_fields() {
    assertThatJson(ObjectTree.of(read(POD))).isEqualTo(WITHOUT_MANAGED_FIELDS);
  }

  @Test
  void answers_what_the_client_asks_of_an_object() {
    GenericKubernetesResource pod = read(POD);

    assertThat(pod.getApiVersion()).isEqualTo("v1");
    assertThat(pod.getKind()).isEqualTo("Pod");
    assertThat(pod.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(pod.getMetadata().getOwnerReferences().get(0).getUid()).isEqualTo("v");
    assertThat(pod.<String>get("spec", "invented")).isEqualTo("later");
  }

  @Test
  void is_sent_back_as_it_came_and_with_what_was_changed() {
    GenericKubernetesResource pod = read(POD);
    assertThatJson(TREES.asJson(pod)).isEqualTo(WITHOUT_MANAGED_FIELDS);

    pod.getMetadata().setName("other");
    pod.setAdditionalProperty("data", Map.of("a", "b"));

    assertThatJson(TREES.asJson(pod)).node("metadata.name").isEqualTo("other");
    assertThatJson(TREES.asJson(pod)).node("data.a").isEqualTo("b");
    assertThatJson(TREES.asJson(pod)).node("spec.invented").isEqualTo("later");
  }

  @Test
  void every_object_of_a_list_is_one() {
    GenericKubernetesResourceList list =
        TREES.unmarshal(
            "{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"metadata\": {\"continue\": \"c\"}, \"items\": [%s, %s]}"
                .formatted(POD, POD),
            GenericKubernetesResourceList.class);

    assertThat(list.getMetadata().getContinue()).isEqualTo("c");
    assertThat(list.getItems()).hasSize(2).hasOnlyElementsOfType(ObjectTree.class);
  }

  @Test
  void so_is_the_object_of_a_watch_event() {
    assertThat(event("{\"type\": \"ADDED\", \"object\": %s}".formatted(POD)).getObject())
        .isInstanceOfSatisfying(
            ObjectTree.class,
            pod -> assertThatJson(ObjectTree.of(pod)).isEqualTo(WITHOUT_MANAGED_FIELDS));
  }

  @Test
  void still_knows_the_status_that_ends_a_watch_which_has_fallen_behind() {
    WatchEvent event =
        event(
            """
            {"type": "ERROR", "object": {"apiVersion": "v1", "kind": "Status", "code": 410}}
            """);

    assertThat(event.getObject())
        .isInstanceOfSatisfying(
            Status.class, status -> assertThat(status.getCode()).isEqualTo(410));
  }

  @Test
  void an_object_read_by_another_client_becomes_the_same_tree() {
    GenericKubernetesResource pod = Serialization.unmarshal(POD, GenericKubernetesResource.class);

    assertThatJson(ObjectTree.of(pod)).isEqualTo(WITHOUT_MANAGED_FIELDS);
  }

  private static GenericKubernetesResource read(String json) {
    return TREES.unmarshal(json, GenericKubernetesResource.class);
  }

  private static WatchEvent event(String json) {
    return TREES.unmarshal(json, WatchEvent.class);
  }
}
