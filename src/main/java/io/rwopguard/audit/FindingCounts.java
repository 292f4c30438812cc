package io.rwopguard.audit;

import io.rwopguard.model.Severity;
import io.rwopguard.rules.Finding;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The number of findings of each rule and in each namespace, reported or not. */
public final class FindingCounts {

  private final Map<String, Map<Severity, Long>> byRule = new TreeMap<>();
  private final Map<String, Map<Severity, Long>> byNamespace = new TreeMap<>();

  void add(String namespace, Finding finding) {
    add(byRule, finding.rule(), finding.severity());
    add(byNamespace, namespace, finding.severity());
  }

  private static void add(Map<String, Map<Severity, Long>> counts, String key, Severity severity) {
    counts
        .computeIfAbsent(key, added -> new EnumMap<>(Severity.class))
        .merge(severity, 1L, Long::sum);
  }

  public long of(Severity severity) {
    return byRule.values().stream().mapToLong(each -> each.getOrDefault(severity, 0L)).sum();
  }

  public long ofRule(String rule, Severity severity) {
    return byRule.getOrDefault(rule, Map.of()).getOrDefault(severity, 0L);
  }

  public long inNamespace(String namespace, Severity severity) {
    return byNamespace.getOrDefault(namespace, Map.of()).getOrDefault(severity, 0L);
  }

  /**
   * Returns the sorted namespaces with findings; the empty name is for objects outside namespaces.
   */
  public Set<String> namespaces() {
    return byNamespace.keySet();
  }
}
