package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.rules.Rule;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Generates the table of values in the chart's README from the comments of the values. */
class ChartDocumentTest {

  private static final Path CHART = Path.of("charts/rwop-guard");
  private static final Pattern LINE = Pattern.compile("( *)([A-Za-z]+):( (.+))?");

  @Test
  void the_readme_lists_every_value_with_its_comment() throws IOException {
    StringBuilder table = new StringBuilder("| value | default | what it is |\n|---|---|---|\n");
    List<String> path = new ArrayList<>();
    List<String> comment = new ArrayList<>();
    for (String line : Files.readAllLines(CHART.resolve("values.yaml"))) {
      Matcher value = LINE.matcher(line);
      if (line.strip().startsWith("#")) {
        comment.add(line.strip().substring(1).strip());
      } else if (value.matches()) {
        path.subList(value.group(1).length() / 2, path.size()).clear();
        path.add(value.group(2));
        String name = String.join(".", path);
        if (value.group(4) != null) {
          assertThat(comment).as("comment of %s", name).isNotEmpty();
          table.append(
              "| `%s` | `%s` | %s |%n"
                  .formatted(name, value.group(4), String.join(" ", comment).replace("|", "\\|")));
        }
        comment.clear();
      } else {
        comment.clear();
      }
    }
    DocumentsTest.holds(CHART.resolve("README.md"), "values", table.toString());
  }

  @Test
  void every_value_has_its_place_in_the_schema() throws IOException {
    JsonNode schema = new JsonMapper().readTree(CHART.resolve("values.schema.json").toFile());
    assertKnown("", Manifests.read(CHART.resolve("values.yaml")), schema);
  }

  private static void assertKnown(String path, JsonNode values, JsonNode schema) {
    for (var value : values.properties()) {
      JsonNode known = schema.at("/properties/" + value.getKey());
      assertThat(known.isMissingNode()).as("%s%s in the schema", path, value.getKey()).isFalse();
      if (known.has("properties")) {
        assertKnown(path + value.getKey() + ".", value.getValue(), known);
      }
    }
  }

  @Test
  void the_readme_says_of_every_rule_whether_it_can_be_a_policy() throws IOException {
    String readme = Files.readString(CHART.resolve("README.md"));
    assertThat(RuleSet.WITH_DEFAULTS.rules())
        .extracting(Rule::id)
        .allSatisfy(id -> assertThat(readme).contains("`" + id + "`"));
  }

  @Test
  void the_chart_and_the_changelog_have_the_version_that_is_built() throws IOException {
    ObjectNode chart = Manifests.read(CHART.resolve("Chart.yaml"));
    String built =
        first("<artifactId>rwop-guard</artifactId>\\s*<version>([^<]*)</", Path.of("pom.xml"));
    assertThat(chart.path("appVersion").asText()).isEqualTo(built);
    assertThat(chart.path("version").asText()).isEqualTo(built);
    assertThat(first("\\n## \\[([^]]*)] - ", Path.of("CHANGELOG.md"))).isEqualTo(built);
  }

  private static String first(String pattern, Path file) throws IOException {
    Matcher found = Pattern.compile(pattern).matcher(Files.readString(file));
    assertThat(found.find()).as("%s in %s", pattern, file).isTrue();
    return found.group(1);
  }
}
