package io.rwopguard.rules;

import io.rwopguard.workload.ObjectFacts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How seriously findings are taken. What is more particular goes first: an exemption, the
 * namespace's label for the rule, the setting for the rule, and the rule's own judgement; the
 * namespace's general label only lowers it.
 *
 * @param modes by the rule's id, for the whole cluster
 * @param neverBlocked namespaces in which nothing is refused, since a cluster's own recovery may
 *     depend on it
 */
public record Policy(
    Map<String, RuleMode> modes, List<Exemption> exemptions, Set<String> neverBlocked) {

  /** Each rule decides by itself, everywhere. */
  public static final Policy DEFAULTS = new Policy(Map.of(), List.of(), Set.of());

  public Policy {
    modes = Map.copyOf(modes);
    exemptions = List.copyOf(exemptions);
    neverBlocked = Set.copyOf(neverBlocked);
  }

  /** Whether anybody wants to know what this rule finds in this object. */
  boolean asks(String rule, ObjectFacts object, NamespaceModes namespace) {
    RuleMode ofNamespace = namespace.byRule().get(rule);
    RuleMode mode = ofNamespace == null ? modes.get(rule) : ofNamespace;
    if (mode == RuleMode.OFF
        || (ofNamespace == null && namespace.most().filter(RuleMode.OFF::equals).isPresent())) {
      return false;
    }
    for (Exemption exemption : exemptions) {
      if (exemption.covers(rule, object)) {
        return false;
      }
    }
    return true;
  }

  /** The finding of a rule that was asked, as seriously as it is to be taken. */
  Finding judge(Finding finding, ObjectFacts object, NamespaceModes namespace) {
    String rule = finding.rule();
    Severity severity =
        mode(rule, namespace).flatMap(RuleMode::severity).orElse(finding.severity());
    if (!namespace.byRule().containsKey(rule)) {
      Severity most = namespace.most().flatMap(RuleMode::severity).orElse(Severity.DENY);
      severity = severity.atMost(most);
    }
    if (neverBlocked.contains(object.namespace())) {
      severity = severity.atMost(Severity.WARN);
    }
    return finding.as(severity);
  }

  /**
   * The same for what is found of the cluster as a whole, about which no namespace has a say; empty
   * if nobody wants to know.
   */
  Optional<Finding> judge(Finding finding) {
    RuleMode mode = modes.get(finding.rule());
    return mode == null ? Optional.of(finding) : mode.severity().map(finding::as);
  }

  private Optional<RuleMode> mode(String rule, NamespaceModes namespace) {
    RuleMode ofNamespace = namespace.byRule().get(rule);
    return Optional.ofNullable(ofNamespace == null ? modes.get(rule) : ofNamespace);
  }
}
