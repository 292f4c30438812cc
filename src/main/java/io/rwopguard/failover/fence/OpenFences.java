package io.rwopguard.failover.fence;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Holds the open fences of each node, as of the last read or write of the ledger. */
final class OpenFences {

  private final Map<String, List<LedgerEntry>> open = new ConcurrentHashMap<>();

  /** Returns the open fences of a node. */
  List<LedgerEntry> of(String node) {
    return open.getOrDefault(node, List.of());
  }

  /** Returns the nodes with open fences, or with a record that cannot be read. */
  Set<String> nodes() {
    return Set.copyOf(open.keySet());
  }

  boolean awaitsReboot(String node, String bootId) {
    return of(node).stream()
        // if the boot ID at that time is unknown, no reboot can be proven
        .filter(entry -> !entry.target().bootId().isEmpty())
        .anyMatch(entry -> entry.awaitsReboot(bootId));
  }

  List<String> ofMissingNodes(Predicate<String> exists) {
    return open.entrySet().stream()
        // a record that cannot be read is reported anyway
        .filter(node -> !node.getValue().isEmpty() && !exists.test(node.getKey()))
        .sorted(Map.Entry.comparingByKey())
        .map(
            node ->
                "node %s does not exist and is still fenced (%s). Its machine stays fenced until a person decides. If the node is permanently gone, un-fence the machine yourself and delete ConfigMap %s; else let the node register again"
                    .formatted(
                        node.getKey(),
                        node.getValue().stream()
                            .map(entry -> "fence " + entry.provider())
                            .distinct()
                            .collect(Collectors.joining(", ")),
                        FenceLedger.nameOf(node.getKey())))
        .toList();
  }

  /** Replaces all open fences with those of these records. */
  void replace(List<LedgerRecord> records) {
    open.keySet().retainAll(records.stream().map(LedgerRecord::node).collect(Collectors.toSet()));
    records.forEach(this::remember);
  }

  void forget(String node) {
    open.remove(node);
  }

  void remember(LedgerRecord record) {
    List<LedgerEntry> entries = record.entries().stream().filter(LedgerEntry::isOpen).toList();
    if (entries.isEmpty() && record.problem().isEmpty()) {
      open.remove(record.node());
    } else {
      open.put(record.node(), entries);
    }
  }
}
