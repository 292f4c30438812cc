package io.rwopguard.rules;

import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Namespace;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How seriously findings are taken in one namespace, by its labels. A value that is none of the
 * modes counts as not written: a typing error must not refuse anything.
 *
 * @param most what no finding exceeds, by the label {@link #LABEL}
 * @param byRule what a rule's findings are taken for, by its label below {@link #RULE_PREFIX}; goes
 *     before everything else
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
