package io.rwopguard.failover.fence;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Everything that fences were asked for about one node.
 *
 * @param name the name of the ConfigMap
 * @param problem the reason why this record must be left alone; empty if it is readable
 * @param uid the UID of the ConfigMap that was read; empty before it exists
 * @param resourceVersion the version that was read; empty before the ConfigMap exists
 */
record LedgerRecord(
    String name,
    String node,
    List<LedgerEntry> entries,
    String problem,
    String uid,
    String resourceVersion) {

  LedgerRecord {
    entries = List.copyOf(entries);
  }

  boolean isNew() {
    return uid.isEmpty();
  }

  Optional<LedgerEntry> entry(String provider, String key) {
    return entries.stream().filter(each -> each.isFor(provider, key)).findFirst();
  }

  /** Returns the addresses that a provider has found for the node in the silence of a target. */
  Set<NodeAddress> addresses(String provider, FenceTarget target) {
    return entries.stream()
        .filter(each -> each.provider().equals(provider))
        .map(LedgerEntry::target)
        .filter(target::isOfSameSilence)
        .flatMap(each -> each.addresses().stream())
        .collect(Collectors.toSet());
  }

  /** Returns the record with this entry, which replaces the one with the same key. */
  LedgerRecord with(LedgerEntry entry) {
    List<LedgerEntry> changed = new ArrayList<>(entries);
    String key = entry.target().key(entry.scope());
    changed.replaceAll(each -> each.isFor(entry.provider(), key) ? entry : each);
    if (!changed.contains(entry)) {
      changed.add(entry);
    }
    return new LedgerRecord(name, node, changed, problem, uid, resourceVersion);
  }

  /** Returns the record with these addresses in all entries of this provider and silence. */
  LedgerRecord withAddresses(String provider, FenceTarget target, Set<NodeAddress> found) {
    return map(
        each ->
            each.provider().equals(provider) && target.isOfSameSilence(each.target())
                ? each.withAddresses(found)
                : each);
  }

  LedgerRecord map(UnaryOperator<LedgerEntry> change) {
    return new LedgerRecord(
        name, node, entries.stream().map(change).toList(), problem, uid, resourceVersion);
  }
}
