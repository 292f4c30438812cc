package io.rwopguard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are odd, or large. */
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

  /** The parser of YAML recurses, and takes what the one of JSON refuses. */
  @ParameterizedTest
  @ValueSource(strings = {"a: ", "{\"a\": "})
  void a_document_nested_too_deeply_hides_no_other_one(String before) {
    String deep = before + "[".repeat(20_000);
    for (String text : List.of(deep, deep + "\n---\n" + SOUND)) {
      ManifestReader reader = read(text);

      assertThat(reader.unreadable()).hasSize(1);
      assertThat(reader.unreadable().get(0).problem()).contains("nested too deeply");
      assertThat(reader.manifests()).hasSize(text.equals(deep) ? 0 : 1);
    }
  }

  @Test
  void does_not_report_duplicates_in_a_value_that_is_replaced() {
    Manifest pod =
        read("kind: Pod\nspec: {a: 1, a: 2, b: 1}\nspec: {c: 1}\nspecial: 1").manifests().get(0);

    assertThat(pod.duplicates()).containsOnlyKeys("/spec");
    assertThat(pod.places()).containsOnlyKeys("", "/kind", "/spec", "/spec/c", "/special");
  }

  @Test
  void an_escape_of_json_is_found_behind_characters_of_two_halves() {
    for (String before : List.of("", "a: \"\uD83D\uDC1F\uD83D\uDC1F\uD83D\uDC1F\"\n")) {
      assertThat(read(before + "b: \"\\/\"\nc: \"x\"").unreadable())
          .singleElement()
          .satisfies(
              problem -> {
                assertThat(problem.problem()).contains("JSON's escapes");
                assertThat(problem.place().line()).isEqualTo(before.isEmpty() ? 1 : 2);
              });
      assertThat(read(before + "b: '\\/'\nc: \"x\"").unreadable()).isEmpty();
    }
  }

  @Test
  void many_quoted_strings_beside_an_escape_of_json_take_no_longer_each() {
    assertLinear(
        size -> "regex: '\\/'\nfish: \uD83D\uDC1F\nlist:\n" + "- \"quoted\"\n".repeat(size));
  }

  @Test
  void many_keys_that_are_there_twice_take_no_longer_each() {
    assertLinear(
        size -> {
          StringBuilder text = new StringBuilder();
          for (int i = 0; i < size; i++) {
            text.append('a').append(i).append(": 1\nk: 1\n");
          }
          return text.toString();
        });
  }

  @Test
  void a_number_with_many_digits_takes_no_longer_than_a_text() {
    long text = processorTime("a: " + "x".repeat(200_000) + "\n");

    assertThat(processorTime("a: " + "9".repeat(200_000) + "\n")).isLessThan(8 * text);
    assertThat(processorTime("a: 0x" + "9".repeat(200_000) + "\n")).isLessThan(8 * text);
  }

  @ParameterizedTest
  @CsvSource({"1e300, +Inf", "-1e39, -Inf", "1e-300, 0", "1.5, 1.5"})
  void a_number_that_is_a_key_is_text_of_32_bits(String number, String key) {
    ManifestReader reader = read("%s: x\n".formatted(number));

    assertThat(reader.unreadable()).isEmpty();
    assertThat(reader.manifests().get(0).json().fieldNames()).toIterable().containsExactly(key);
  }

  /** Eight times as much takes eight times as long and not 64 times. */
  private static void assertLinear(IntFunction<String> text) {
    int size = 2_000;
    long small = processorTime(text.apply(size));
    assertThat(processorTime(text.apply(8 * size))).isLessThan(24 * small);
  }

  /** The shortest of some, since the first ones compile the program, too. */
  private static long processorTime(String text) {
    long shortest = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      assertThat(read(text).unreadable()).isEmpty();
      shortest =
          Math.min(shortest, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start);
    }
    return shortest;
  }
}
