package io.rwopguard.failover.fence;

import io.rwopguard.failover.fence.FenceStatus.State;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Un-fences a node that is back, before it may run Pods again. */
final class NodeReturn {

  private final Map<String, FenceProvider> providers;
  private final InstantSource clock;

  NodeReturn(Map<String, FenceProvider> providers, InstantSource clock) {
    this.providers = providers;
    this.clock = clock;
  }

  ReturnStatus advance(
      LedgerRecord record,
      String bootId,
      String renewTime,
      Predicate<LedgerRecord> write,
      Predicate<LedgerRecord> delete) {
    if (!record.problem().isEmpty()) {
      return failed(record.problem());
    }
    if (record.isNew()) {
      return allowed();
    }
    boolean renewed =
        !renewTime.isEmpty()
            && record.entries().stream()
                .filter(LedgerEntry::isOpen)
                .noneMatch(entry -> entry.target().renewTime().equals(renewTime));
    if (!renewed) {
      return pending(
          "node %s has not renewed its Lease since it was fenced".formatted(record.node()));
    }
    Optional<LedgerEntry> stale =
        record.entries().stream().filter(entry -> entry.awaitsReboot(bootId)).findFirst();
    if (stale.isPresent()) {
      return pending(awaitedReboot(record, stale.get()));
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    LedgerRecord unfencing =
        record.map(
            entry ->
                entry.isOpen() && !waitsForReboot(entry, bootId)
                    ? entry.with(LedgerEntry.State.UNFENCING, entry.text(), now)
                    : entry);
    if (!unfencing.equals(record)) {
      // stored first: an entry whose un-fence is in progress must never count as confirmed again
      return write.test(unfencing)
          ? pending("the request to un-fence node %s was stored".formatted(record.node()))
          : pending("the fence record changed and is read again");
    }
    return unfence(record, bootId, now, write, delete);
  }

  private static String awaitedReboot(LedgerRecord record, LedgerEntry entry) {
    return entry.target().bootId().isEmpty()
        ? "the boot ID of node %s was unknown when it was fenced, so a reboot cannot be proven, and a driver of its volumes may keep stale mappings. Reboot the node, remove fence %s yourself and delete ConfigMap %s"
            .formatted(record.node(), entry.provider(), record.name())
        : "node %s has not rebooted since it was fenced, and a driver of its volumes may keep stale mappings until then. Reboot the node"
            .formatted(record.node());
  }

  private ReturnStatus unfence(
      LedgerRecord record,
      String bootId,
      Instant now,
      Predicate<LedgerRecord> write,
      Predicate<LedgerRecord> delete) {
    List<String> failed = new ArrayList<>();
    List<String> pending = new ArrayList<>();
    LedgerRecord after = record;
    for (LedgerEntry entry : record.entries()) {
      if (!entry.isOpen()) {
        continue;
      }
      if (waitsForReboot(entry, bootId)) {
        pending.add(
            "fence %s confirmed that it rebooted node %s, but the node still has the same boot ID"
                .formatted(entry.provider(), record.node()));
        continue;
      }
      FenceStatus status = unfenceOne(entry);
      if (status.state() == State.UNFENCED) {
        after = after.with(entry.with(LedgerEntry.State.UNFENCED, "", now));
      } else {
        boolean hasFailed = status.state() == State.FAILED;
        (hasFailed ? failed : pending)
            .add("fence %s: %s".formatted(entry.provider(), status.text()));
        after =
            after.with(
                entry.with(LedgerEntry.State.UNFENCING, hasFailed ? status.text() : "", now));
      }
    }
    boolean done = after.entries().stream().noneMatch(LedgerEntry::isOpen);
    boolean written = done ? delete.test(record) : after.equals(record) || write.test(after);
    if (!failed.isEmpty()) {
      return failed(String.join("; ", failed));
    }
    if (done && written) {
      return allowed();
    }
    return pending(
        pending.isEmpty()
            ? "the fence record changed and is read again"
            : String.join("; ", pending));
  }

  private FenceStatus unfenceOne(LedgerEntry entry) {
    FenceProvider provider = providers.get(entry.provider());
    if (provider == null) {
      return FenceStatus.failed(
          "it is no longer in the settings, but node %s is still fenced by it. Add rwop-guard.failover.fences.%s again until the node is un-fenced"
              .formatted(entry.target().node(), entry.provider()));
    }
    return provider.unfence(entry.target());
  }

  private boolean waitsForReboot(LedgerEntry entry, String bootId) {
    FenceProvider provider = providers.get(entry.provider());
    return entry.state() == LedgerEntry.State.CONFIRMED
        && provider != null
        && provider.endsWithReboot()
        && entry.isSameBoot(bootId);
  }

  private static ReturnStatus allowed() {
    return new ReturnStatus(ReturnStatus.State.ALLOWED, "");
  }

  private static ReturnStatus pending(String text) {
    return new ReturnStatus(ReturnStatus.State.PENDING, text);
  }

  private static ReturnStatus failed(String text) {
    return new ReturnStatus(ReturnStatus.State.FAILED, text);
  }
}
