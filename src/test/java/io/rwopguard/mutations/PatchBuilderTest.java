package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.FieldPath;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;

class PatchBuilderTest {

  private static final FieldPath SPEC = FieldPath.ROOT.field("spec");

  @Test
  void appends_behind_what_a_list_has_and_makes_the_list_where_there_is_none() {
    JsonNode before = Manifests.parse("{spec: {tolerations: [a]}}");
    PatchBuilder draft = new PatchBuilder(before);
    draft.append(SPEC, "tolerations", TextNode.valueOf("b"));
    draft.append(SPEC, "tolerations", TextNode.valueOf("c"));
    draft.append(SPEC, "volumes", TextNode.valueOf("d"));

    JsonNode expected = Manifests.parse("{spec: {tolerations: [a, b, c], volumes: [d]}}");
    assertThat(draft.edited()).isEqualTo(expected);
    assertThat(JsonPatch.apply(draft.patch(), before)).isEqualTo(expected);
    assertThat(before).isEqualTo(Manifests.parse("{spec: {tolerations: [a]}}"));
  }

  @Test
  void says_whether_a_field_changed() {
    PatchBuilder draft = new PatchBuilder(Manifests.parse("{spec: {seconds: 5}}"));

    assertThat(draft.set(SPEC, "seconds", 5)).isFalse();
    assertThat(draft.patch()).isEmpty();
    assertThat(draft.set(SPEC, "seconds", 6)).isTrue();
    assertThat(draft.set(SPEC, "name", TextNode.valueOf("db"))).isTrue();
    assertThat(draft.patch()).hasSize(2);
  }
}
