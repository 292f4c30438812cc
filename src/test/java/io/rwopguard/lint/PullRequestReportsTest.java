package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.rules.RuleSet;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the reports for GitHub and GitLab. Run with {@code -Dfixtures.update=true} to write them
 * again, and read the difference before you commit it.
 */
class PullRequestReportsTest {

  private static final Path FOLDER = Path.of("src/test/resources/lint");
  private static final String MANIFESTS = FOLDER.resolve("manifests").toString();

  /** The same object twice, so that everything but the line is equal. */
  private static final String TWO_ALIKE =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: one}
      spec: {accessModes: [ReadWriteOncePod], nfs: {}}
      ---
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: one}
      spec: {accessModes: [ReadWriteOncePod], nfs: {}}
      """;

  private static LintRun run(String input, String... paths) {
    return new LintRun(
        List.of(paths),
        RuleSet.WITH_DEFAULTS,
        Optional.empty(),
        new EmptyInventory(),
        Optional.empty(),
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
  }

  private static void assertExpected(String file, String found) throws IOException {
    Path expected = FOLDER.resolve("expected").resolve(file);
    if (Boolean.getBoolean("fixtures.update")) {
      Files.writeString(expected, found);
    }
    assertThat(found).isEqualTo(Files.readString(expected));
  }

  private static JsonNode gitLab(String input, String... paths) throws IOException {
    return new ObjectMapper().readTree(run(input, paths).gitLab());
  }

  private static List<String> texts(JsonNode issues, String pointer) {
    return StreamSupport.stream(issues.spliterator(), false)
        .map(issue -> issue.at(pointer).asText())
        .toList();
  }

  @Test
  void gitlab_gets_the_fields_that_it_documents() throws IOException {
    String report = run("", MANIFESTS).gitLab();
    assertExpected("findings.gitlab.json", report);
    JsonNode schema =
        new ObjectMapper().readTree(FOLDER.resolve("gitlab-code-quality.schema.json").toFile());
    assertThat(
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
                .getSchema(schema)
                .validate(new ObjectMapper().readTree(report)))
        .isEmpty();
  }

  @Test
  void github_gets_workflow_commands() throws IOException {
    assertExpected("findings.github.txt", run("", MANIFESTS).gitHub());
  }

  @Test
  void good_manifests_are_an_empty_list() throws IOException {
    assertThat(gitLab("", MANIFESTS + "/good.yaml")).isEmpty();
    assertThat(run("", MANIFESTS + "/good.yaml").gitHub())
        .isEqualTo("1 file, 2 objects: 0 deny, 0 warn, 0 audit\n");
  }

  @Test
  void a_fingerprint_stays_when_lines_and_numbers_change(@TempDir Path folder) throws IOException {
    String before = Files.readString(Path.of("examples/lint/db.yaml"));
    String after = "# a comment\n\n" + before.replace("replicas: 2", "replicas: 3");
    Path file = folder.resolve("db.yaml");
    Files.writeString(file, before);
    JsonNode old = gitLab("", file.toString());
    Files.writeString(file, after);
    JsonNode moved = gitLab("", file.toString());
    assertThat(texts(old, "/fingerprint")).hasSize(2).doesNotHaveDuplicates();
    assertThat(texts(moved, "/fingerprint")).isEqualTo(texts(old, "/fingerprint"));
    assertThat(texts(moved, "/location/lines/begin"))
        .isNotEqualTo(texts(old, "/location/lines/begin"));

    Files.writeString(file, before.replace("name: db", "name: other"));
    assertThat(texts(gitLab("", file.toString()), "/fingerprint"))
        .doesNotContainAnyElementsOf(texts(old, "/fingerprint"));
  }

  @Test
  void gitlab_shows_equal_findings_apart() throws IOException {
    assertThat(texts(gitLab(TWO_ALIKE, "-"), "/fingerprint")).hasSize(2).doesNotHaveDuplicates();
  }

  @Test
  void paths_are_those_of_the_repository() throws IOException {
    String file = "examples/lint/db.yaml";
    for (String name : List.of(file, "./" + file, Path.of(file).toAbsolutePath().toString())) {
      assertThat(texts(gitLab("", name), "/location/path")).containsOnly(file);
      assertThat(run("", name).gitHub()).contains("::error file=examples/lint/db.yaml,line=17,");
    }
  }

  /** A log line that starts with two colons is a command to the runner. */
  @Test
  void a_manifest_cannot_give_commands_to_the_runner() throws IOException {
    String report =
        run(
                "{apiVersion: v1, kind: PersistentVolume, metadata: {name: \"a\\n::set-env name=A::b %0A\"}, spec: {accessModes: [ReadWriteOncePod], nfs: {}}}",
                "-")
            .gitHub();
    assertThat(report.lines().filter(line -> line.startsWith("::"))).hasSize(1);
    assertThat(report).contains("a%0A::set-env name=A::b %250A").doesNotContain("\n::set-env");
  }
}
