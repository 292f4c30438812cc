package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.rwopguard.config.KnownBehavior;
import io.rwopguard.config.VolumeRelease;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares what the documents and the chart state of drivers with what is known of them. */
class DriverExamplesTest {

  private static final Pattern EXAMPLE =
      Pattern.compile(
          "([a-z0-9][a-z0-9.-]*): (\\{(?:revokesOnUnpublish|stoppedByFence|againstKnownBehavior)[^}]*})");

  /** One example: where it is, which driver it is about, and what it states. */
  private record Example(Path document, String driver, JsonNode states) {}

  private static List<Example> examples() throws IOException {
    List<Path> documents = new ArrayList<>();
    documents.add(Path.of("README.md"));
    documents.add(Path.of("charts/rwop-guard/values.yaml"));
    documents.add(Path.of("charts/rwop-guard/README.md"));
    try (Stream<Path> files = Files.list(Path.of("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
    }
    List<Example> examples = new ArrayList<>();
    for (Path document : documents) {
      Matcher matcher = EXAMPLE.matcher(Files.readString(document));
      while (matcher.find()) {
        JsonNode states = new YAMLMapper().readTree(matcher.group(2));
        examples.add(new Example(document, matcher.group(1), states));
      }
    }
    return examples;
  }

  @Test
  void every_example_is_about_a_known_driver_and_contradicts_nothing() throws IOException {
    assertThat(examples())
        .hasSizeGreaterThanOrEqualTo(4)
        .allSatisfy(
            example -> {
              DriverKnowledge known = Drivers.of(example.driver()).orElseThrow();
              VolumeRelease release =
                  VolumeRelease.valueOf(
                      example
                          .states()
                          .path("release")
                          .asText("pod-only")
                          .toUpperCase(Locale.ROOT)
                          .replace('-', '_'));
              if (example.states().path("revokesOnUnpublish").asBoolean()) {
                assertThat(KnownBehavior.contradicts(known, release))
                    .as("%s in %s", example.driver(), example.document())
                    .isEqualTo(example.states().path("againstKnownBehavior").asBoolean());
              }
            });
  }
}
