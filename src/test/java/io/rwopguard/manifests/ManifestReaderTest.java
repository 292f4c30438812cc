package io.rwopguard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are odd. */
class ManifestReaderTest {

  private static final String SOUND =
      "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {}}";

  private static ManifestReader read(String text) {
    ManifestReader reader = new ManifestReader();
    reader.read("a.yaml", text);
    return reader;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"kind\": \"Pod\"}]",
        "{\"99999999999\": 1, \"99999999999\": {\"a\": 1, \"a\": 1}}",
        "{\"7\": {\"a\": 1, \"a\": 1}}",
        "[]"
      })
  void a_list_whose_items_are_there_twice_has_the_last_ones(String first) {
    for (String items : List.of("[]", "[" + SOUND + "]")) {
      String json =
          "{\"apiVersion\": \"v1\", \"kind\": \"List\",\n\"items\": %s,\n\"items\": %s}"
              .formatted(first, items);
      for (String text : List.of(json, "# of YAML\n" + json)) {
        ManifestReader reader = read(text);

        assertThat(reader.unreadable()).isEmpty();
        Manifest list = reader.manifests().get(0);
        assertThat(list.duplicates()).containsOnlyKeys("/items");
        assertThat(list.duplicates().get("/items").line()).isEqualTo(text.equals(json) ? 3 : 4);
        assertThat(list.json().has("items")).isFalse();
        assertThat(reader.manifests()).hasSize(items.equals("[]") ? 1 : 2);
        assertThat(reader.manifests().stream().skip(1))
            .allMatch(pod -> pod.duplicates().isEmpty() && pod.places().containsKey("/kind"));
      }
    }
  }

  @Test
  void what_was_there_before_a_key_was_written_again_is_not_spoken_of() {
    Manifest pod =
        read("kind: Pod\nspec: {a: 1, a: 2, b: 1}\nspec: {c: 1}\nspecial: 1").manifests().get(0);

    assertThat(pod.duplicates()).containsOnlyKeys("/spec");
    assertThat(pod.places()).containsOnlyKeys("", "/kind", "/spec", "/spec/c", "/special");
  }
}
