package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * Each rule finds something in every manifest of its {@code fail} folder, and nothing in those of
 * its {@code pass} folder. Where a manifest has two documents, the second replaces the first. The
 * file {@code x.txt} has the messages about {@code fail/x.yaml}, with their severities. Run with
 * {@code -Dfixtures.update=true} to write those files again, and read the difference before you
 * commit it.
 */
class RuleFixturesTest {

  private static final RuleSet RULES =
      new RuleSet(Policy.DEFAULTS, Set.of("example.org/fine", "kubernetes.io/host-path"));

  /** A rule with one of its fixtures. */
  private record Fixture(Rule rule, Path file) {

    private List<ObjectFacts> states() {
      return Manifests.readAll(file).stream().map(Manifests::facts).toList();
    }

    List<Finding> check() {
      List<ObjectFacts> states = states();
      return states.size() == 1
          ? rule.check(states.get(0), new FixtureInventory())
          : rule.checkChange(states.get(1), states.get(0), new FixtureInventory());
    }

    /** Returns the messages of this rule as a user reads them, one line for each finding. */
    String messages() {
      List<ObjectFacts> states = states();
      return RULES
          .findings(
              states.get(states.size() - 1),
              states.size() == 1 ? Optional.empty() : Optional.of(states.get(0)),
              new FixtureInventory())
          .stream()
          .filter(finding -> finding.rule().equals(rule.id()))
          .map(finding -> "%s: %s%n".formatted(finding.severity().label(), finding.message()))
          .collect(Collectors.joining());
    }

    Path expected() {
      return file.resolveSibling(file.getFileName().toString().replace(".yaml", ".txt"));
    }
  }

  @TestFactory
  Stream<DynamicTest> each_rule_finds_what_it_is_for() {
    return each(
        "fail",
        fixture -> {
          assertThat(fixture.check()).isNotEmpty();
          assertComplete(fixture);
        });
  }

  @TestFactory
  Stream<DynamicTest> each_rule_leaves_the_innocent_alone() {
    return each("pass", fixture -> assertThat(fixture.check()).isEmpty());
  }

  @TestFactory
  Stream<DynamicTest> each_message_is_the_committed_one() {
    return each(
        "fail",
        fixture -> {
          if (Boolean.getBoolean("fixtures.update")) {
            Files.writeString(fixture.expected(), fixture.messages());
          }
          assertThat(fixture.expected()).content().isEqualTo(fixture.messages());
        });
  }

  @Test
  void each_file_of_messages_belongs_to_a_manifest() throws IOException {
    try (Stream<Path> files = Files.walk(Manifests.RESOURCES.resolve("rules"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".txt")))
          .isNotEmpty()
          .allSatisfy(
              file ->
                  assertThat(
                          file.resolveSibling(
                              file.getFileName().toString().replace(".txt", ".yaml")))
                      .exists());
    }
  }

  private static Stream<DynamicTest> each(String verdict, ThrowingConsumer<Fixture> check) {
    return RULES.rules().stream()
        .flatMap(
            rule ->
                Manifests.yamlIn("rules/" + rule.id() + "/" + verdict).stream()
                    .map(file -> new Fixture(rule, file)))
        .map(
            fixture ->
                DynamicTest.dynamicTest(
                    fixture.rule().id() + ": " + fixture.file().getFileName(),
                    () -> check.accept(fixture)));
  }

  private static void assertComplete(Fixture fixture) {
    assertThat(fixture.check())
        .allSatisfy(
            finding -> {
              assertThat(finding.field().text()).isNotEmpty();
              assertThat(finding.detail()).isNotEmpty();
              assertThat(finding.remedy()).isNotEmpty();
              assertThat(finding.message()).contains(finding.rule()).doesNotContain("\n");
              assertThat(fixture.rule().byDefault()).contains(finding.severity().label());
            });
  }
}
