package io.rwopguard.testing.random;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.manifests.Manifests;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ShrinkerTest {

  private static final String POD =
      """
      kind: Pod
      metadata: {name: db, labels: {app: db}}
      spec:
        nodeName: one
        containers:
          - {name: first, image: a}
          - {name: second, image: b, ports: [{containerPort: 80}, {containerPort: 5432}]}
          - {name: third, image: c}
      """;

  private static ObjectNode smallest(Consumer<ObjectNode> test) {
    return Shrinker.smallest(Manifests.parse(POD), test);
  }

  private static void failIf(boolean fails, String message) {
    if (fails) {
      throw new AssertionError(message);
    }
  }

  @Test
  void keeps_what_the_failure_needs_and_no_more() {
    assertThat(
            smallest(
                pod ->
                    failIf(
                        pod.findValues("containerPort").stream()
                            .anyMatch(port -> port.asInt() == 5432),
                        "port 5432")))
        .isEqualTo(Manifests.parse("spec: {containers: [{ports: [{containerPort: 5432}]}]}"));
  }

  @Test
  void keeps_all_parts_of_a_failure_that_needs_several() {
    assertThat(
            smallest(
                pod ->
                    failIf(
                        pod.path("metadata").has("labels")
                            && pod.path("spec").path("containers").size() > 1,
                        "labels and two containers")))
        .isEqualTo(Manifests.parse("{metadata: {labels: {}}, spec: {containers: [{}, {}]}}"));
  }

  @Test
  void does_not_take_another_failure_for_the_first_one() {
    assertThat(
            smallest(
                pod -> {
                  JsonNode kind = pod.required("kind");
                  failIf(pod.path("spec").has("nodeName"), "a node for " + kind);
                }))
        .isEqualTo(Manifests.parse("{kind: Pod, spec: {nodeName: one}}"));
  }

  @Test
  void a_message_may_quote_the_object() {
    assertThat(smallest(pod -> failIf(pod.has("kind"), "the kind of " + pod)))
        .isEqualTo(Manifests.parse("kind: Pod"));
  }

  @Test
  void a_test_that_passes_or_changes_its_object_changes_nothing() {
    ObjectNode pod = Manifests.parse(POD);
    assertThat(Shrinker.smallest(pod, ObjectNode::removeAll)).isEqualTo(pod);
    assertThat(pod).isEqualTo(Manifests.parse(POD));
  }
}
