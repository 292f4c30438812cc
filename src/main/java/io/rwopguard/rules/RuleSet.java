package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.ObjectFacts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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

  /** Each rule decides by itself how serious its findings are. */
  public static final RuleSet WITH_DEFAULTS = new RuleSet(Map.of());

  private final Map<String, Optional<Severity>> modes;

  /**
   * Takes the findings of these rules, by id, as seriously as said here; empty switches a rule off.
   *
   * @throws IllegalArgumentException if there is no rule of such an id
   */
  public RuleSet(Map<String, Optional<Severity>> modes) {
    List<String> ids = RULES.stream().map(Rule::id).toList();
    for (String id : modes.keySet()) {
      if (!ids.contains(id)) {
        throw new IllegalArgumentException(
            "there is no rule %s; the rules are %s".formatted(id, String.join(", ", ids)));
      }
    }
    this.modes = Map.copyOf(modes);
  }

  /** All rules. */
  public static List<Rule> rules() {
    return RULES;
  }

  /**
   * What is wrong with an object that is new. What a controller made is never refused: the
   * controller would only try again for ever, and its owner is where the refusal belongs.
   */
  public List<Finding> findings(ObjectFacts object, Inventory inventory) {
    return RULES.stream()
        .flatMap(rule -> findings(rule, object, inventory))
        .map(finding -> object.hasControllerOwner() ? finding.as(Severity.AUDIT) : finding)
        .toList();
  }

  /**
   * What is wrong with an object that replaces another. What was wrong before is only warned of, so
   * that nobody is locked out of an object that was there first.
   */
  public List<Finding> findings(ObjectFacts object, ObjectFacts before, Inventory inventory) {
    List<Finding> old = findings(before, inventory);
    return findings(object, inventory).stream()
        .map(
            finding ->
                finding.severity() == Severity.DENY && old.stream().anyMatch(finding::isSameAs)
                    ? finding.as(Severity.WARN)
                    : finding)
        .toList();
  }

  private Stream<Finding> findings(Rule rule, ObjectFacts object, Inventory inventory) {
    Optional<Severity> mode = modes.get(rule.id());
    if (mode == null) {
      return rule.check(object, inventory).stream();
    }
    return mode.stream()
        .flatMap(
            severity -> rule.check(object, inventory).stream().map(found -> found.as(severity)));
  }
}
