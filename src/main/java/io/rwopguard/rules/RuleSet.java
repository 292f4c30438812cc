package io.rwopguard.rules;

import io.rwopguard.config.AccessScope;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The rules, in the order of their findings. */
public final class RuleSet {

  /** The rules with their own severities. */
  public static final RuleSet WITH_DEFAULTS = new RuleSet(Policy.DEFAULTS, Set.of());

  private final List<Rule> rules;
  private final Policy policy;
  private final AttachedClaims attached;

  /**
   * Creates the rules in the scope ReadWriteOncePod, with the severities of the policy.
   *
   * @param allowedProvisioners StorageClass provisioners that {@code csi-only} skips
   */
  public RuleSet(Policy policy, Set<String> allowedProvisioners) {
    this(policy, allowedProvisioners, AccessScope.READ_WRITE_ONCE_POD);
  }

  /**
   * Creates the same rules in another scope.
   *
   * @param scope the scope of namespaces without a label
   */
  public RuleSet(Policy policy, Set<String> allowedProvisioners, AccessScope scope) {
    this.policy = policy;
    this.attached = new AttachedClaims(scope);
    this.rules =
        List.of(
            new SoleAccessModeRule(),
            new CsiOnlyRule(allowedProvisioners),
            new SingleConsumerRule(attached),
            new ScaleBeyondOneRule(attached),
            new AutoscaledRule(attached),
            new ClaimInUseRule(attached),
            new RollingUpdateDeadlockRule(attached),
            new BecomesExclusiveRule(),
            new HalfMigratedRule(),
            new BypassesSchedulerRule(),
            new UnfencedDriverRule(),
            new HookCannotRunRule(),
            new ClaimUnknownRule(),
            new AnnotationRule());
  }

  /**
   * Returns a finding of a cluster check with the severity of the policy; empty if the check is
   * off.
   */
  public Optional<Finding> judged(Finding finding) {
    return policy.judge(finding);
  }

  /** Returns the same for a finding of a cluster check in an object. */
  public Optional<Finding> judged(Finding finding, ObjectFacts object, Inventory inventory) {
    NamespaceModes namespace = NamespaceModes.of(inventory.namespace(object.namespace()));
    return policy.asks(finding.rule(), object, namespace)
        ? Optional.of(policy.judge(finding, object, namespace))
        : Optional.empty();
  }

  /** Returns everything that can be found: all rules, and the checks that only an audit makes. */
  public static List<RuleDocumentation> explained() {
    return Stream.<RuleDocumentation>concat(
            WITH_DEFAULTS.rules.stream(), Arrays.stream(ClusterCheck.values()))
        .toList();
  }

  /** Returns all rules. */
  public List<Rule> rules() {
    return rules;
  }

  /** Returns the questions to answer before the rules check an object. */
  public LookupRequest questions(
      ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory) {
    LookupRequest questions = LookupRequest.about(object, before);
    return attached.asksForNodes(object, inventory) ? questions.withNodes() : questions;
  }

  /**
   * Returns the problems of an object that is new, or that replaces another, as of its controller:
   * what it names as its owner is believed.
   */
  public List<Finding> findings(
      ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory) {
    return findings(object, before, inventory, Author.OPERATOR);
  }

  /**
   * Returns the problems of an object that an author writes.
   *
   * <ul>
   *   <li>An existing problem is a warning only, so no user is locked out of an older object.
   *   <li>A problem in an object that a controller writes and owns is only audited. The controller
   *       would retry forever, and the refusal belongs at the owner.
   *   <li>A problem in an object that a controller writes and that only labels assign to an
   *       operator is a warning.
   *   <li>The owners and labels in an object of any other author change nothing, because anyone can
   *       write them.
   * </ul>
   */
  public List<Finding> findings(
      ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory, Author author) {
    return author == Author.USER
        ? judged(
            object.withoutForgedOwners(),
            before.map(ObjectFacts::withoutForgedOwners),
            inventory,
            Severity.DENY)
        : judged(object, before, inventory, most(object, inventory, author));
  }

  private List<Finding> judged(
      ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory, Severity most) {
    NamespaceModes namespace = NamespaceModes.of(inventory.namespace(object.namespace()));
    List<Finding> findings = new ArrayList<>();
    for (Rule rule : rules) {
      if (policy.asks(rule.id(), object, namespace)) {
        for (Finding finding : check(rule, object, before, inventory)) {
          findings.add(policy.judge(finding, object, namespace));
        }
      }
    }
    if (findings.isEmpty()) {
      return List.of();
    }
    List<Finding> old = before.map(replaced -> check(replaced, inventory)).orElse(List.of());
    return findings.stream()
        .map(
            finding ->
                finding.as(
                    finding
                        .severity()
                        .atMost(most)
                        .atMost(
                            old.stream().anyMatch(finding::isSameAs)
                                ? Severity.WARN
                                : Severity.DENY)))
        .toList();
  }

  private List<Finding> check(ObjectFacts object, Inventory inventory) {
    return rules.stream().flatMap(rule -> rule.check(object, inventory).stream()).toList();
  }

  private static List<Finding> check(
      Rule rule, ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory) {
    return before.isPresent()
        ? rule.checkChange(object, before.get(), inventory)
        : rule.check(object, inventory);
  }

  /**
   * Returns the highest severity for an object of a controller. A Scale of an operator is treated
   * like the workload that it scales.
   */
  private static Severity most(ObjectFacts object, Inventory inventory, Author author) {
    boolean byOperator = author == Author.OPERATOR;
    if (object.isOwned()
        || (byOperator && scaled(object, inventory).map(ClaimConsumer::isOwned).orElse(false))) {
      return Severity.AUDIT;
    }
    return object.isKept() || (byOperator && isKept(object, inventory))
        ? Severity.WARN
        : Severity.DENY;
  }

  /**
   * Returns whether the labels of an object, or of the workload that a Scale scales, assign it to
   * an operator.
   */
  public static boolean isKept(ObjectFacts object, Inventory inventory) {
    return object.isKept() || scaled(object, inventory).map(ClaimConsumer::isKept).orElse(false);
  }

  private static Optional<ClaimConsumer> scaled(ObjectFacts object, Inventory inventory) {
    return object.kind() == Kind.SCALE
        ? object.scaleTarget().flatMap(target -> inventory.claimUser(target).value())
        : Optional.empty();
  }
}
