package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.FixtureInventory;
import io.rwopguard.Manifests;
import io.rwopguard.model.ObjectFacts;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each rule finds something in every manifest of its {@code fail} folder, and nothing in those of
 * its {@code pass} folder. Where a manifest has two documents, the second replaces the first.
 */
class RuleFixturesTest {

  private static final RuleSet RULES =
      new RuleSet(Policy.DEFAULTS, Set.of("example.org/fine", "kubernetes.io/host-path"));

  @TestFactory
  Stream<DynamicTest> each_rule_finds_what_it_is_for() {
    return fixtures("fail", findings -> assertThat(findings).isNotEmpty());
  }

  @TestFactory
  Stream<DynamicTest> each_rule_leaves_the_innocent_alone() {
    return fixtures("pass", findings -> assertThat(findings).isEmpty());
  }

  private static Stream<DynamicTest> fixtures(String verdict, Consumer<List<Finding>> check) {
    return RULES.rules().stream()
        .flatMap(
            rule ->
                Manifests.in("rules/" + rule.id() + "/" + verdict).stream()
                    .map(file -> test(rule, file, check)));
  }

  private static DynamicTest test(Rule rule, Path file, Consumer<List<Finding>> check) {
    return DynamicTest.dynamicTest(
        rule.id() + ": " + file.getFileName(),
        () -> {
          List<ObjectFacts> states =
              Manifests.readAll(file).stream().map(Manifests::facts).toList();
          List<Finding> findings =
              states.size() == 1
                  ? rule.check(states.get(0), new FixtureInventory())
                  : rule.checkChange(states.get(1), states.get(0), new FixtureInventory());
          check.accept(findings);
          assertThat(findings)
              .allSatisfy(RuleFixturesTest::isComplete)
              .allSatisfy(
                  finding -> assertThat(rule.byDefault()).contains(finding.severity().label()));
        });
  }

  private static void isComplete(Finding finding) {
    assertThat(finding.field().text()).isNotEmpty();
    assertThat(finding.detail()).isNotEmpty();
    assertThat(finding.remedy()).isNotEmpty();
    assertThat(finding.message()).contains(finding.rule()).doesNotContain("\n");
  }
}
