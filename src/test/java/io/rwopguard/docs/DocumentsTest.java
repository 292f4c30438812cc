package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.cli.Main;
import io.rwopguard.docs.tables.AlertsTable;
import io.rwopguard.docs.tables.ConfigurationTable;
import io.rwopguard.docs.tables.DriversTable;
import io.rwopguard.docs.tables.ExitCodesTable;
import io.rwopguard.docs.tables.FailoverDiagram;
import io.rwopguard.docs.tables.KubernetesVersionsTable;
import io.rwopguard.docs.tables.LeftAloneTable;
import io.rwopguard.docs.tables.ProfilesTable;
import io.rwopguard.docs.tables.WorkloadTable;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.RuleDocumentation;
import io.rwopguard.rules.RuleSet;
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
 * Generates the tables in the documents from the code. Run with {@code
 * -DargLine=-Ddocs.update=true} to write them again.
 */
class DocumentsTest {

  private static final Path CONFIGURATION = Path.of("docs/reference/configuration.md");
  private static final Path WORKLOADS = Path.of("docs/reference/workloads.md");
  private static final Path RULES = Path.of("docs/reference/rules.md");
  private static final Path FAILOVER = Path.of("docs/guides/failover.md");
  private static final Path DRIVERS = Path.of("docs/reference/drivers.md");
  private static final Path PROFILES = Path.of("docs/reference/profiles.md");
  private static final Path MIGRATION = Path.of("docs/guides/migration.md");
  private static final Path MUTATIONS = Path.of("docs/reference/mutations.md");
  private static final Path ANNOTATIONS = Path.of("docs/reference/annotations.md");
  private static final Path MONITORING = Path.of("docs/operations/monitoring.md");
  private static final Path COMPATIBILITY = Path.of("docs/installation/compatibility.md");
  private static final Path CONFIG_SOURCE =
      Path.of("src/main/java/io/rwopguard/config/RwopGuardConfig.java");

  @Test
  void the_reference_lists_the_rules() throws IOException {
    String rows =
        RuleSet.WITH_DEFAULTS.rules().stream()
            .map(
                rule ->
                    "| `%s` | %s | %s | %s |%n"
                        .formatted(rule.id(), rule.summary(), rule.byDefault(), rule.remedy()))
            .collect(Collectors.joining());
    holds(
        RULES,
        "rule list",
        "| rule | what it finds | by default | remediation |\n|---|---|---|---|\n" + rows);
  }

  @Test
  void every_rule_is_explained() throws IOException {
    holds(RULES, "rules", explained("##", RuleSet.WITH_DEFAULTS.rules()));
    holds(RULES, "cluster checks", explained("###", List.of(ClusterCheck.values())));
  }

  private static String explained(String heading, List<? extends RuleDocumentation> all) {
    return all.stream()
        .map(
            each ->
                "%s `%s`%n%n- **It finds** %s.%n- **Why**: %s%n- **By default**: %s.%n- **Remediation**: %s.%n%n"
                    .formatted(
                        heading,
                        each.id(),
                        each.summary(),
                        each.why(),
                        each.byDefault(),
                        each.remedy()))
        .collect(Collectors.joining());
  }

  @Test
  void the_reference_lists_the_mutations() throws IOException {
    String rows =
        new MutationSet(MutationSettings.DEFAULTS)
            .mutations().stream()
                .map(mutation -> "| `%s` | %s |%n".formatted(mutation.id(), mutation.summary()))
                .collect(Collectors.joining());
    holds(MUTATIONS, "mutations", "| mutation | what it sets |\n|---|---|\n" + rows);
  }

  @Test
  void the_reference_lists_the_annotations() throws IOException {
    String rows =
        PodAnnotations.DOCUMENTED.stream()
            .map(a -> "| `%s` | %s | %s |%n".formatted(a.name(), a.value(), a.meaning()))
            .collect(Collectors.joining());
    holds(
        ANNOTATIONS,
        "annotations",
        "| annotation | value | what it does |\n|---|---|---|\n" + rows);
  }

  @Test
  void the_configuration_reference_lists_every_setting() throws IOException {
    holds(CONFIGURATION, "settings", ConfigurationTable.of(CONFIG_SOURCE, "rwop-guard"));
    holds(
        CONFIGURATION,
        "failover settings",
        ConfigurationTable.of(
            CONFIG_SOURCE.resolveSibling("FailoverConfig.java"), "rwop-guard.failover"));
    holds(
        CONFIGURATION,
        "fence settings",
        ConfigurationTable.of(
            CONFIG_SOURCE.resolveSibling("FenceConfig.java"), "rwop-guard.failover.fences.NAME"));
  }

  @Test
  void every_reason_to_do_nothing_is_listed() throws IOException {
    String rows =
        Arrays.stream(RefusalReason.values())
            .map(reason -> "| `%s` | %s |%n".formatted(reason.id(), reason.meaning()))
            .collect(Collectors.joining());
    holds(FAILOVER, "reasons", "| reason | what it means |\n|---|---|\n" + rows);
  }

  @Test
  void the_steps_of_a_failover_are_drawn() throws IOException {
    holds(Path.of("docs/concepts/failover.md"), "failover diagram", FailoverDiagram.mermaid());
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
  void the_edits_of_well_known_workloads_are_listed() throws IOException {
    holds(WORKLOADS, "workloads", WorkloadTable.make());
  }

  @Test
  void lists_what_is_left_alone_with_the_reasons() throws IOException {
    holds(WORKLOADS, "left alone", LeftAloneTable.cases());
    holds(WORKLOADS, "operators", LeftAloneTable.operators());
  }

  @Test
  void the_profiles_of_engines_are_listed() throws IOException {
    holds(PROFILES, "profiles", ProfilesTable.known());
    holds(PROFILES, "profile sources", ProfilesTable.sources());
  }

  @Test
  void the_facts_about_drivers_are_listed() throws IOException {
    holds(DRIVERS, "revocations", DriversTable.revocations());
    holds(DRIVERS, "drivers", DriversTable.known());
    holds(DRIVERS, "sources", DriversTable.sources());
  }

  @Test
  void the_results_on_each_version_of_kubernetes_are_listed() throws IOException {
    holds(COMPATIBILITY, "kubernetes versions", KubernetesVersionsTable.make());
  }

  @Test
  void every_alert_is_listed_and_has_its_section() throws IOException {
    holds(MONITORING, "alerts", AlertsTable.make());
    String document = Files.readString(MONITORING);
    for (String alert : AlertsTable.names()) {
      String section = document.replaceFirst("(?s)^.*\n### " + alert + "\n", "");
      assertThat(section).as("section %s", alert).isNotEqualTo(document);
      assertThat(section.replaceFirst("(?s)\n##.*", ""))
          .as("section %s", alert)
          .contains("**Meaning**", "**Impact**", "**Diagnosis**", "**Remedy**");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docs/contributing/architecture.md",
        "CONTRIBUTING.md",
        "docs/installation/certificates.md"
      })
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
    String maker =
        document.startsWith("charts")
            ? "ChartDocumentTest"
            : document.startsWith("THIRD-PARTY.md") ? "ThirdPartyIT" : "DocumentsTest";
    String begin = "<!-- " + block + ": generated by " + maker + " -->\n";
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
