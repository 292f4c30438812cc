package io.rwopguard.rules;

import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Questions;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The rules, in the order in which their findings are given. */
public final class RuleSet {

  /** Each rule decides by itself how serious its findings are. */
  public static final RuleSet WITH_DEFAULTS = new RuleSet(Policy.DEFAULTS, Set.of());

  private final List<Rule> rules;
  private final Policy policy;
  private final AttachedClaims attached;

  /**
   * The rules in the scope ReadWriteOncePod, with findings taken as seriously as the policy says.
   *
   * @param fineProvisioners StorageClass provisioners that {@code csi-only} says nothing of
   */
  public RuleSet(Policy policy, Set<String> fineProvisioners) {
    this(policy, fineProvisioners, AccessScope.READ_WRITE_ONCE_POD);
  }

  /**
   * The same in another scope.
   *
   * @param scope of namespaces without a label
   */
  public RuleSet(Policy policy, Set<String> fineProvisioners, AccessScope scope) {
    this.policy = policy;
    this.attached = new AttachedClaims(scope);
    this.rules =
        List.of(
            new SoleAccessModeRule(),
            new CsiOnlyRule(fineProvisioners),
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

  /** What a check of the cluster has found, taken this seriously; empty if nobody wants to know. */
  public Optional<Finding> judged(Finding finding) {
    return policy.judge(finding);
  }

  /** The same for what it has found in an object. */
  public Optional<Finding> judged(Finding finding, ObjectFacts object, Inventory inventory) {
    NamespaceModes namespace = NamespaceModes.of(inventory.namespace(object.namespace()));
    return policy.asks(finding.rule(), object, namespace)
        ? Optional.of(policy.judge(finding, object, namespace))
        : Optional.empty();
  }

  /** All that can be found wrong: what the rules find, and what only an audit does. */
  public static List<Explained> explained() {
    return Stream.<Explained>concat(
            WITH_DEFAULTS.rules.stream(), Arrays.stream(ClusterCheck.values()))
        .toList();
  }

  /** All rules. */
  public List<Rule> rules() {
    return rules;
  }

  /** What has to be known before an object is put to the rules. */
  public Questions questions(
      ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory) {
    Questions questions = Questions.about(object, before);
    return attached.asksForNodes(object, inventory) ? questions.withNodes() : questions;
  }

  /**
   * What is wrong with an object that is new, or that replaces another.
   *
   * <ul>
   *   <li>What was wrong before is only warned of, so that nobody is locked out of an object that
   *       was there first.
   *   <li>What a controller made is only audited: the controller would try again forever, and its
   *       owner is where the refusal belongs.
   *   <li>What only labels call an operator's is warned of: anyone can write a label.
   * </ul>
   */
  public List<Finding> findings(
      ObjectFacts object, Optional<ObjectFacts> before, Inventory inventory) {
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
    Severity most = most(object, inventory);
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

  /** A Scale is as much a controller's as the workload that it belongs to. */
  private static Severity most(ObjectFacts object, Inventory inventory) {
    Optional<ClaimUser> scaled =
        object.kind() == Kind.SCALE
            ? object.scaleTarget().flatMap(target -> inventory.claimUser(target).value())
            : Optional.empty();
    if (object.isOwned() || scaled.map(ClaimUser::isOwned).orElse(false)) {
      return Severity.AUDIT;
    }
    return object.isKept() || scaled.map(ClaimUser::isKept).orElse(false)
        ? Severity.WARN
        : Severity.DENY;
  }
}
