package io.rwopguard.rules;

import io.rwopguard.config.RuleMode;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Namespace;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The modes that a namespace's labels set. An unknown value is ignored, so a typing error refuses
 * nothing.
 *
 * @param most the highest severity of any finding, from the label {@link #LABEL}
 * @param byRule the severity of a rule's findings, from its label below {@link #RULE_PREFIX};
 *     overrides everything else
 */
record NamespaceModes(Optional<RuleMode> most, Map<String, RuleMode> byRule) {

  static final String LABEL = "rwop-guard.io/mode";
  static final String RULE_PREFIX = "rules.rwop-guard.io/";

  private static final NamespaceModes NONE = new NamespaceModes(Optional.empty(), Map.of());

  static NamespaceModes of(Lookup<Namespace> namespace) {
    Map<String, String> labels = namespace.value().map(Namespace::labels).orElse(Map.of());
    if (labels.isEmpty()) {
      return NONE;
    }
    Map<String, RuleMode> byRule = new HashMap<>();
    labels.forEach(
        (label, value) -> {
          if (label.startsWith(RULE_PREFIX)) {
            RuleMode.of(value)
                .ifPresent(mode -> byRule.put(label.substring(RULE_PREFIX.length()), mode));
          }
        });
    return new NamespaceModes(Optional.ofNullable(labels.get(LABEL)).flatMap(RuleMode::of), byRule);
  }
}
