package io.rwopguard.audit;

import io.rwopguard.rules.Finding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What was found so far: each thing once, and no more of it than fits into memory. */
final class Findings {

  /**
   * Beyond these, findings are counted and not told. 50,000 take some 30 MB, and nobody reads on.
   */
  static final int MOST = 50_000;

  /** Whoever may have the same finding: an owner, or the claim that it is about. */
  record Holder(String namespace, String kind, String name) {}

  private final List<AuditFinding> told = new ArrayList<>();
  private final Map<Holder, Set<String>> known = new HashMap<>();
  private final Counts counts = new Counts();
  private long repeated;

  /**
   * Takes up a finding, unless one of these holders has the same. Who is above has to come first.
   *
   * @param holders of whom one may have it too; those that have not are taken to have it from now
   *     on, so that nothing is told of ten Pods of an operator that is true of each
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

  /** What came of looking at so many objects. */
  AuditResult result(long objects) {
    return new AuditResult(told, counts, objects, repeated);
  }
}
