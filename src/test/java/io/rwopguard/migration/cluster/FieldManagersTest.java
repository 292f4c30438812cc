package io.rwopguard.migration.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;

/** Checks who manages which fields before a move and after it. */
class FieldManagersTest {

  private static final String HELM =
      "{'manager':'helm','operation':'Apply','apiVersion':'apps/v1','fieldsV1':{'f:spec':{'f:template':{}%s}}}";
  private static final String OWN =
      "{'manager':'rwop-guard','operation':'Update','apiVersion':'apps/v1','fieldsV1':{'f:spec':{'f:replicas':{}}}}";
  private static final String CONTROLLER =
      "{'manager':'kube-controller-manager','operation':'Update','apiVersion':'apps/v1','subresource':'status','fieldsV1':{'f:status':{}}}";

  private static JsonNode json(String text) {
    try {
      return new JsonMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static JsonNode managedBy(String... entries) {
    return json("{'metadata':{'managedFields':[" + String.join(",", entries) + "]}}");
  }

  @Test
  void a_copy_keeps_the_managers_of_people_and_tools() {
    assertThat(
            FieldManagers.worthKeeping(
                managedBy(HELM.formatted(",'f:replicas':{}"), OWN, CONTROLLER)))
        .containsExactly(json(HELM.formatted(",'f:replicas':{}")));
  }

  @Test
  void returns_fields_of_a_scaled_workload_to_their_managers() {
    JsonNode before = managedBy(HELM.formatted(",'f:replicas':{}"), CONTROLLER);
    JsonNode owners = FieldManagers.ofReplicas(before);
    JsonNode after = managedBy(HELM.formatted(""), OWN, CONTROLLER);
    assertThat(FieldManagers.areReturned(after)).isFalse();
    assertThat(FieldManagers.returned(after, json("[]"), owners))
        .containsExactlyInAnyOrder(json(HELM.formatted(",'f:replicas':{}")), json(CONTROLLER));
  }

  @Test
  void a_recreated_object_has_the_managers_of_its_copy_and_of_its_controllers() {
    JsonNode after = managedBy(OWN, CONTROLLER);
    JsonNode kept = json("[" + HELM.formatted("") + "]");
    assertThat(FieldManagers.returned(after, kept, json("[]")))
        .containsExactlyInAnyOrder(json(HELM.formatted("")), json(CONTROLLER));
    assertThat(FieldManagers.areReturned(managedBy(HELM.formatted(""), CONTROLLER))).isTrue();
  }

  @Test
  void knows_who_scaled_the_workload_to_0() {
    String person =
        "{'manager':'kubectl','operation':'Update','apiVersion':'apps/v1','subresource':'scale','fieldsV1':{'f:spec':{'f:replicas':{}}}}";
    assertThat(FieldManagers.isScaledByAnother(managedBy(HELM.formatted(""), person))).isTrue();
    assertThat(FieldManagers.isScaledByAnother(managedBy(HELM.formatted(""), OWN))).isFalse();
    assertThat(FieldManagers.isScaledByAnother(managedBy(HELM.formatted("")))).isTrue();
    // an older API server, or a tool that takes them away
    assertThat(FieldManagers.isScaledByAnother(managedBy())).isFalse();
  }

  @Test
  void an_entry_without_fields_is_no_obstacle() {
    String odd = "{'manager':'odd','operation':'Update','apiVersion':'apps/v1'}";
    assertThat(FieldManagers.returned(managedBy(odd), json("[" + odd + "]"), json("[" + odd + "]")))
        .containsExactly(json(odd));
  }
}
