package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.manifests.ManifestReader;
import io.rwopguard.model.Severity;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.Seed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the reports for a folder of good and bad manifests in each format. Run with {@code
 * -Dfixtures.update=true} to write the reports again, and read the difference before you commit it.
 */
class LintTest {

  private static final Path FOLDER = Path.of("src/test/resources/lint");
  private static final String MANIFESTS = FOLDER.resolve("manifests").toString();

  private static LintRun run(String... paths) {
    return runWith("", paths);
  }

  private static LintRun runWith(String input, String... paths) {
    return runIn(Optional.empty(), input, paths);
  }

  private static LintRun runIn(Optional<String> namespace, String input, String... paths) {
    return new LintRun(
        List.of(paths),
        RuleSet.WITH_DEFAULTS,
        namespace,
        new EmptyInventory(),
        Optional.empty(),
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
  }

  private static void assertExpected(String file, String found) throws IOException {
    Path expected = FOLDER.resolve("expected").resolve(file);
    if (Boolean.getBoolean("fixtures.update")) {
      Files.createDirectories(expected.getParent());
      Files.writeString(expected, found);
    }
    assertThat(found).isEqualTo(Files.readString(expected));
  }

  @Test
  void text_is_as_people_were_shown_it() throws IOException {
    assertExpected("findings.txt", run(MANIFESTS).text());
  }

  @Test
  void json_is_as_programs_were_given_it() throws IOException {
    assertExpected("findings.json", run(MANIFESTS).json());
  }

  @Test
  void sarif_is_as_code_hosting_was_given_it_and_of_its_schema() throws IOException {
    String sarif = run(MANIFESTS).sarif("1.2.3");
    assertExpected("findings.sarif", sarif);
    try (InputStream schema =
        LintTest.class.getResourceAsStream("/schema/sarif-schema-2.1.0.json")) {
      var problems =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
              .getSchema(schema)
              .validate(new ObjectMapper().readTree(sarif));
      assertThat(problems).isEmpty();
    }
  }

  @Test
  void the_difference_is_what_the_webhook_would_change() throws IOException {
    MutationSet mutations = new MutationSet(MutationSettings.DEFAULTS);
    assertExpected("difference.diff", run(MANIFESTS).diff(mutations));
  }

  @Test
  void nothing_is_said_of_what_is_good() {
    LintRun run = run(MANIFESTS + "/good.yaml");
    assertThat(run.found(Severity.AUDIT)).isFalse();
    assertThat(run.text()).isEqualTo("1 file, 2 objects: 0 deny, 0 warn, 0 audit\n");
  }

  @Test
  void standard_input_is_read_too() {
    LintRun run =
        runWith(
            "kind: PersistentVolume\napiVersion: v1\nspec: {accessModes: [ReadWriteOncePod], nfs: {}}",
            "-");
    assertThat(run.text()).startsWith("<stdin>:3:");
    assertThat(run.found(Severity.DENY)).isTrue();
  }

  @Test
  void a_list_whose_items_are_there_twice_is_warned_of() {
    LintRun run =
        runWith(
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, kind: Pod}\nitems: []\n",
            "-");

    assertThat(run.text())
        .contains("<stdin>:5:1: warn: ", "the key items occurs twice; kubectl uses the last one")
        .doesNotContain("the key kind");
  }

  @Test
  void a_file_that_is_not_there_is_said_and_the_others_are_read() {
    LintRun run = run("nowhere.yaml", MANIFESTS + "/good.yaml");
    assertThat(run.text()).contains("nowhere.yaml:1:1: error: this file does not exist");
    assertThat(run.result().objects()).isEqualTo(2);
  }

  @Test
  void an_empty_folder_is_no_mistake(@TempDir Path empty) {
    assertThat(run(empty.toString()).text()).startsWith("0 files, 0 objects");
  }

  /** Whatever stands in a file, what comes of it is manifests or a reason why not. */
  @Test
  void no_text_is_too_bad_to_be_read() {
    SplittableRandom random = new SplittableRandom(Seed.ofThisRun());
    String[] pieces = {
      "kind: Pod\n",
      "---\n",
      "- ",
      "a: ",
      "{",
      "}",
      "[",
      "]",
      "\"",
      "'",
      "\n",
      "  ",
      "\t",
      "&a ",
      "*a",
      "!!int ",
      "| \n",
      "#x\n",
      "? ",
      "0x",
      "null",
      ".inf",
      "items: ",
      "kind: List\n",
      "apiVersion: apps/v1\nkind: Deployment\n",
      "spec:\n",
      "\u0000",
      "é",
      "%YAML 9\n",
      "..."
    };
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(12); j >= 0; j--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      ManifestReader reader = new ManifestReader();
      reader.read("random", text.toString());
      Linter linter =
          new Linter(RuleSet.WITH_DEFAULTS, Optional.empty(), Map.of(), new EmptyInventory());
      reader.manifests().forEach(linter::add);
      assertThat(linter.findings()).as(text.toString()).isNotNull();
      reader
          .unreadable()
          .forEach(each -> assertThat(each.place().line()).as(text.toString()).isPositive());
    }
  }

  /**
   * {@code helm template -n shop} writes such manifests: only some templates name the namespace.
   */
  @Test
  void objects_that_name_no_namespace_are_in_the_one_that_is_named_for_them() {
    String chart =
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: files, namespace: shop}
        spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: files}
        spec:
          replicas: 2
          selector: {matchLabels: {app: files}}
          template:
            metadata: {labels: {app: files}}
            spec:
              containers: [{name: files, image: files, volumeMounts: [{name: f, mountPath: /f}]}]
              volumes: [{name: f, persistentVolumeClaim: {claimName: files}}]
        """;
    assertThat(runIn(Optional.of("shop"), chart, "-").text()).contains("single-consumer");
    assertThat(runWith(chart, "-").text()).doesNotContain("claim-unknown");
    assertThat(runIn(Optional.of("other"), chart, "-").text()).doesNotContain("single-consumer");
  }
}
