package io.rwopguard.rules;

import io.rwopguard.config.RuleMode;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides on the severity of findings. The most specific source wins: an exemption, the namespace's
 * label for the rule, the setting for the rule, and the rule's own severity. The namespace's
 * general label only lowers it.
 *
 * @param modes by the rule's id, for the whole cluster
 * @param neverBlocked namespaces in which nothing is refused, since a cluster's own recovery may
 *     depend on it
 */
public record Policy(
    Map<String, RuleMode> modes, List<Exemption> exemptions, Set<String> neverBlocked) {

  /** The policy in which each rule decides on the severity, in all namespaces. */
  public static final Policy DEFAULTS = new Policy(Map.of(), List.of(), Set.of());

  public Policy {
    modes = Map.copyOf(modes);
    exemptions = List.copyOf(exemptions);
    neverBlocked = Set.copyOf(neverBlocked);
  }

  /** Returns whether this rule checks this object. */
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

  /** Returns the finding with the severity that applies to it. */
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
   * Returns the same for a finding about the whole cluster, which no namespace label affects; empty
   * if the mode is off.
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
