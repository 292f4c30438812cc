package io.rwopguard.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an informer keeps of objects, some of which cannot be read. */
class RecordStoreTest {

  private final List<String> changes = new ArrayList<>();
  private final RecordStore<String> store =
      new RecordStore<>(
          object -> {
            String name = object.path("metadata").path("name").asText();
            String kind = object.path("kind").asText();
            if (kind.equals("Broken")) {
              throw new IllegalArgumentException("made by the test");
            }
            if (kind.equals("Endless")) {
              throw new StackOverflowError("made by the test");
            }
            return Optional.of(name);
          },
          (before, after) -> changes.add(before.orElse("none") + " " + after.orElse("none")));

  private static GenericKubernetesResource object(String kind, String name) {
    return new GenericKubernetesResourceBuilder()
        .withKind(kind)
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .build();
  }

  @Test
  void an_object_that_cannot_be_read_is_left_out_and_keeps_no_other_from_being_read() {
    store.put("a", object("Fine", "a"));
    store.put("b", object("Broken", "b"));
    store.put("c", object("Endless", "c"));
    store.put("d", object("Fine", "d"));
    assertThat(store.records()).containsExactlyInAnyOrder("a", "d");
  }

  @Test
  void an_object_that_can_no_longer_be_read_is_forgotten() {
    store.put("a", object("Fine", "a"));
    store.put("a", object("Broken", "a"));
    assertThat(store.records()).isEmpty();
    assertThat(changes).containsExactly("none a", "a none");
  }
}
