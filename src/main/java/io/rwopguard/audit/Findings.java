package io.rwopguard.audit;

import io.rwopguard.rules.Finding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The findings so far: each one once, and no more than fit into memory. */
final class Findings {

  /**
   * The limit beyond which findings are counted and not reported. 50,000 take some 30 MB, and no
   * reader gets that far.
   */
  static final int MOST = 50_000;

  /** An object that may have the same finding: an owner, or the claim that it is about. */
  record Holder(String namespace, String kind, String name) {}

  private final List<AuditFinding> told = new ArrayList<>();
  private final Map<Holder, Set<String>> known = new HashMap<>();
  private final FindingCounts counts = new FindingCounts();
  private long repeated;

  /**
   * Adds a finding, unless one of these holders has the same. The holders have to be checked first.
   *
   * @param holders objects of which one may have it too; the others are treated as if they had it
   *     from now on, so that ten Pods of an operator cause one finding and not ten
   */
  void add(AuditedObject object, Finding finding, List<Holder> holders) {
    String what = finding.rule() + " " + finding.subject();
    boolean isKnown =
        holders.stream().anyMatch(holder -> known.getOrDefault(holder, Set.of()).contains(what));
    remember(new Holder(object.namespace(), object.kind(), object.name()), what);
    holders.forEach(holder -> remember(holder, what));
    if (isKnown) {
      repeated++;
      return;
    }
    counts.add(object.namespace(), finding);
    if (told.size() < MOST) {
      told.add(new AuditFinding(object, finding));
    }
  }

  private void remember(Holder holder, String what) {
    if (known.size() < MOST) {
      known.computeIfAbsent(holder, key -> new HashSet<>(2)).add(what);
    }
  }

  /** Returns the result for this number of objects. */
  AuditResult result(long objects) {
    return new AuditResult(told, counts, objects, repeated);
  }
}
