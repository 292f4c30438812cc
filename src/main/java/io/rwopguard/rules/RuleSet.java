package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.ObjectFacts;
import java.util.List;

/** The rules, in the order in which their findings are given. */
public final class RuleSet {

  private static final List<Rule> RULES =
      List.of(
          new SoleAccessModeRule(),
          new CsiOnlyRule(),
          new SingleConsumerRule(),
          new RollingUpdateDeadlockRule(),
          new BypassesSchedulerRule(),
          new ClaimUnknownRule());

  private RuleSet() {}

  /** All rules. */
  public static List<Rule> rules() {
    return RULES;
  }

  /**
   * What is wrong with an object that is new. What a controller made is never refused: the
   * controller would only try again for ever, and its owner is where the refusal belongs.
   */
  public static List<Finding> findings(ObjectFacts object, Inventory inventory) {
    return RULES.stream()
        .flatMap(rule -> rule.check(object, inventory).stream())
        .map(finding -> object.hasControllerOwner() ? finding.as(Severity.AUDIT) : finding)
        .toList();
  }

  /**
   * What is wrong with an object that replaces another. What was wrong before is only warned of, so
   * that nobody is locked out of an object that was there first.
   */
  public static List<Finding> findings(
      ObjectFacts object, ObjectFacts before, Inventory inventory) {
    List<Finding> old = findings(before, inventory);
    return findings(object, inventory).stream()
        .map(
            finding ->
                finding.severity() == Severity.DENY && old.stream().anyMatch(finding::isSameAs)
                    ? finding.as(Severity.WARN)
                    : finding)
        .toList();
  }
}
