package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.KnownClaims;
import io.rwopguard.Manifests;
import io.rwopguard.workload.ObjectFacts;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each rule finds something in every manifest of its {@code fail} folder, and nothing in those of
 * its {@code pass} folder.
 */
class RuleFixturesTest {

  @TestFactory
  Stream<DynamicTest> each_rule_finds_what_it_is_for() {
    return fixtures("fail", findings -> assertThat(findings).isNotEmpty());
  }

  @TestFactory
  Stream<DynamicTest> each_rule_leaves_the_innocent_alone() {
    return fixtures("pass", findings -> assertThat(findings).isEmpty());
  }

  private static Stream<DynamicTest> fixtures(String verdict, Consumer<List<Finding>> check) {
    return RuleSet.rules().stream()
        .flatMap(
            rule ->
                Manifests.in("rules/" + rule.id() + "/" + verdict).stream()
                    .map(file -> test(rule, file, check)));
  }

  private static DynamicTest test(Rule rule, Path file, Consumer<List<Finding>> check) {
    return DynamicTest.dynamicTest(
        rule.id() + ": " + file.getFileName(),
        () -> {
          ObjectFacts object = Manifests.facts(Manifests.read(file));
          List<Finding> findings = rule.check(object, new KnownClaims());
          check.accept(findings);
          assertThat(findings).allSatisfy(RuleFixturesTest::isComplete);
        });
  }

  private static void isComplete(Finding finding) {
    assertThat(finding.field().text()).isNotEmpty();
    assertThat(finding.detail()).isNotEmpty();
    assertThat(finding.remedy()).isNotEmpty();
    assertThat(finding.message()).contains(finding.rule()).doesNotContain("\n");
  }
}
