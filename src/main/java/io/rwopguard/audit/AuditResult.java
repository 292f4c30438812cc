package io.rwopguard.audit;

import static java.util.Comparator.naturalOrder;

import io.rwopguard.model.Severity;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/** The result of an audit. */
public final class AuditResult {

  private final List<AuditFinding> findings;
  private final FindingCounts counts;
  private final long objects;
  private final long repeated;

  AuditResult(List<AuditFinding> findings, FindingCounts counts, long objects, long repeated) {
    this.findings = sorted(findings);
    this.counts = counts;
    this.objects = objects;
    this.repeated = repeated;
  }

  private static List<AuditFinding> sorted(List<AuditFinding> findings) {
    Map<AuditedObject, Severity> worst = new HashMap<>();
    for (AuditFinding each : findings) {
      worst.merge(each.object(), each.finding().severity(), BinaryOperator.minBy(naturalOrder()));
    }
    return findings.stream()
        .sorted(
            Comparator.<AuditFinding, String>comparing(each -> each.object().namespace())
                .thenComparing(each -> worst.get(each.object()))
                .thenComparing(each -> each.object().kind())
                .thenComparing(each -> each.object().name())
                .thenComparing(each -> each.finding().severity()))
        .toList();
  }

  /**
   * Returns the findings by namespace and object, the most serious first; objects outside
   * namespaces come first.
   */
  public List<AuditFinding> findings() {
    return findings;
  }

  public FindingCounts counts() {
    return counts;
  }

  /** Returns the number of checked objects. */
  public long objects() {
    return objects;
  }

  /** Returns the number of findings that were omitted because an owner or a claim has them too. */
  public long repeated() {
    return repeated;
  }

  /** Returns the number of findings beyond those that fit into memory. */
  public long untold() {
    return Arrays.stream(Severity.values()).mapToLong(counts::of).sum() - findings.size();
  }

  /** Returns whether there is a finding of at least this severity. */
  public boolean hasAtLeast(Severity severity) {
    return Arrays.stream(Severity.values())
        .filter(each -> each.compareTo(severity) <= 0)
        .anyMatch(each -> counts.of(each) > 0);
  }

  /** Returns one line with the number of objects and of findings. */
  public String summary() {
    return "%d object%s: %d deny, %d warn, %d audit%s%s"
        .formatted(
            objects,
            objects == 1 ? "" : "s",
            counts.of(Severity.DENY),
            counts.of(Severity.WARN),
            counts.of(Severity.AUDIT),
            repeated == 0 ? "" : "; %d more in dependent objects".formatted(repeated),
            untold() == 0 ? "" : "; %d of them are counted but not listed".formatted(untold()));
  }
}
