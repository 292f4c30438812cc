package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.cli.Main;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.Explained;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.workload.InTreeSource;
import io.rwopguard.workload.PodAnnotations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the documents say of the code is made from the code. Run with {@code
 * -DargLine=-Ddocs.update=true} to write the tables anew.
 */
class DocumentsTest {

  private static final Path README = Path.of("README.md");
  private static final Path CONFIGURATION = Path.of("docs/configuration.md");
  private static final Path WORKLOADS = Path.of("docs/workloads.md");
  private static final Path RULES = Path.of("docs/rules.md");
  private static final Path FAILOVER = Path.of("docs/failover.md");
  private static final Path DRIVERS = Path.of("docs/drivers.md");
  private static final Path PROFILES = Path.of("docs/profiles.md");
  private static final Path MIGRATION = Path.of("docs/migration.md");
  private static final Path CONFIG_SOURCE =
      Path.of("src/main/java/io/rwopguard/config/RwopGuardConfig.java");

  @Test
  void the_readme_lists_the_rules() throws IOException {
    String rows =
        RuleSet.WITH_DEFAULTS.rules().stream()
            .map(
                rule ->
                    "| `%s` | %s | %s | %s |%n"
                        .formatted(rule.id(), rule.summary(), rule.byDefault(), rule.remedy()))
            .collect(Collectors.joining());
    holds(
        README,
        "rules",
        "| rule | what it finds | by default | remediation |\n|---|---|---|---|\n" + rows);
  }

  @Test
  void every_rule_is_explained() throws IOException {
    holds(RULES, "rules", explained(RuleSet.WITH_DEFAULTS.rules()));
    holds(RULES, "cluster checks", explained(List.of(ClusterCheck.values())));
  }

  private static String explained(List<? extends Explained> all) {
    return all.stream()
        .map(
            each ->
                "## `%s`%n%n- **It finds** %s.%n- **Why**: %s%n- **By default**: %s.%n- **Remediation**: %s.%n%n"
                    .formatted(
                        each.id(), each.summary(), each.why(), each.byDefault(), each.remedy()))
        .collect(Collectors.joining());
  }

  @Test
  void the_readme_lists_the_mutations() throws IOException {
    String rows =
        new MutationSet(MutationSettings.DEFAULTS)
            .mutations().stream()
                .map(mutation -> "| `%s` | %s |%n".formatted(mutation.id(), mutation.summary()))
                .collect(Collectors.joining());
    holds(README, "mutations", "| mutation | what it sets |\n|---|---|\n" + rows);
  }

  @Test
  void the_readme_lists_the_annotations() throws IOException {
    String rows =
        PodAnnotations.DOCUMENTED.stream()
            .map(a -> "| `%s` | %s | %s |%n".formatted(a.name(), a.value(), a.meaning()))
            .collect(Collectors.joining());
    holds(README, "annotations", "| annotation | value | what it does |\n|---|---|---|\n" + rows);
  }

  @Test
  void the_configuration_reference_lists_every_setting() throws IOException {
    holds(CONFIGURATION, "settings", ConfigurationTable.of(CONFIG_SOURCE, "rwop-guard"));
    holds(
        CONFIGURATION,
        "failover settings",
        ConfigurationTable.of(
            CONFIG_SOURCE.resolveSibling("Failover.java"), "rwop-guard.failover"));
    holds(
        CONFIGURATION,
        "fence settings",
        ConfigurationTable.of(
            CONFIG_SOURCE.resolveSibling("Fence.java"), "rwop-guard.failover.fences.NAME"));
  }

  @Test
  void every_reason_to_do_nothing_is_listed() throws IOException {
    String rows =
        Arrays.stream(Reason.values())
            .map(reason -> "| `%s` | %s |%n".formatted(reason.id(), reason.meaning()))
            .collect(Collectors.joining());
    holds(FAILOVER, "reasons", "| reason | what it means |\n|---|---|\n" + rows);
  }

  @Test
  void the_exit_codes_of_every_command_are_listed() throws IOException {
    holds(CONFIGURATION, "exit codes", ExitCodesTable.of(Main.commands()));
  }

  @Test
  void the_sources_that_csi_drivers_serve_are_listed() throws IOException {
    String rows =
        Arrays.stream(InTreeSource.values())
            .map(
                source ->
                    "| `%s` | `%s` | `%s` | %s |%n"
                        .formatted(
                            source.field(), source.provisioner(), source.driver(), source.handle()))
            .collect(Collectors.joining());
    holds(
        MIGRATION,
        "in-tree sources",
        "| source | provisioner | driver | `volumeHandle` |\n|---|---|---|---|\n" + rows);
  }

  @Test
  void what_becomes_of_well_known_workloads_is_told() throws IOException {
    holds(WORKLOADS, "workloads", WorkloadTable.make());
  }

  @Test
  void what_is_left_alone_is_listed_with_the_reasons() throws IOException {
    holds(WORKLOADS, "left alone", LeftAloneTable.cases());
    holds(WORKLOADS, "operators", LeftAloneTable.operators());
  }

  @Test
  void what_is_right_for_which_engine_is_told() throws IOException {
    holds(PROFILES, "profiles", ProfilesTable.known());
    holds(PROFILES, "profile sources", ProfilesTable.sources());
  }

  @Test
  void what_is_known_of_drivers_is_told() throws IOException {
    holds(DRIVERS, "revocations", DriversTable.revocations());
    holds(DRIVERS, "drivers", DriversTable.known());
    holds(DRIVERS, "sources", DriversTable.sources());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        "docs/ARCHITECTURE.md",
        "docs/audit.md",
        "docs/CONTRIBUTING.md",
        "docs/certificates.md",
        "docs/configuration.md",
        "docs/drivers.md",
        "docs/failover.md",
        "docs/fencing.md",
        "docs/migration.md",
        "docs/performance.md",
        "docs/profiles.md",
        "docs/rules.md",
        "docs/safety.md",
        "docs/workloads.md",
        "certs/README.md",
        "charts/rwop-guard/README.md"
      })
  void every_link_to_a_file_leads_to_one(String document) throws IOException {
    Path file = Path.of(document);
    Matcher links = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)").matcher(Files.readString(file));
    while (links.find()) {
      Path target = file.resolveSibling(links.group(1)).normalize();
      assertThat(target).as("%s links to %s", document, links.group(1)).exists();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs/ARCHITECTURE.md", "docs/CONTRIBUTING.md", "docs/certificates.md"})
  void every_class_that_is_named_exists(String document) throws IOException {
    List<String> classes;
    try (var files = Files.walk(Path.of("src"))) {
      classes =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".java"))
              .map(name -> name.substring(0, name.length() - ".java".length()))
              .toList();
    }
    Matcher names =
        Pattern.compile("`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`")
            .matcher(Files.readString(Path.of(document)));
    while (names.find()) {
      assertThat(classes).as("%s names %s", document, names.group(1)).contains(names.group(1));
    }
  }

  static void holds(Path document, String block, String expected) throws IOException {
    String maker = document.startsWith("charts") ? "ChartDocumentTest" : "DocumentsTest";
    String begin = "<!-- " + block + ": made by " + maker + " -->\n";
    String end = "<!-- end of " + block + " -->";
    String text = Files.readString(document);
    int from = text.indexOf(begin) + begin.length();
    int to = text.indexOf(end);
    assertThat(to).as("the markers of %s in %s", block, document).isGreaterThan(from - 1);
    if (Boolean.getBoolean("docs.update")) {
      text = text.substring(0, from) + expected + text.substring(to);
      Files.writeString(document, text);
      to = text.indexOf(end);
    }
    assertThat(text.substring(from, to))
        .as("%s in %s; run the test with -DargLine=-Ddocs.update=true", block, document)
        .isEqualTo(expected);
  }
}
