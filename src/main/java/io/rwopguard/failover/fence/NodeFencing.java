package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceStatus.State;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Asks every provider that the volumes of a target need. */
final class NodeFencing {

  private final Map<String, FenceProvider> providers;
  private final FenceRoutes routes;
  private final Predicate<String> keepsStaleMappings;
  private final InstantSource clock;

  NodeFencing(
      Map<String, FenceProvider> providers,
      FenceRoutes routes,
      Predicate<String> keepsStaleMappings,
      InstantSource clock) {
    this.providers = providers;
    this.routes = routes;
    this.keepsStaleMappings = keepsStaleMappings;
    this.clock = clock;
  }

  /**
   * Fences a target.
   *
   * @param read reads the record of a node
   * @param write writes a record; returns false if it is no longer the version that was read
   */
  FenceStatus ensure(
      FenceTarget target, Function<String, LedgerRecord> read, Predicate<LedgerRecord> write) {
    Optional<String> unserved = unserved(target);
    if (unserved.isPresent()) {
      return FenceStatus.failed(unserved.get());
    }
    LedgerRecord record = read.apply(target.node());
    if (!record.problem().isEmpty()) {
      return FenceStatus.failed(record.problem());
    }
    Map<FenceProvider, FenceTarget> asks = asks(target, record);
    LedgerRecord asked = record;
    for (Map.Entry<FenceProvider, FenceTarget> ask : asks.entrySet()) {
      FenceProvider provider = ask.getKey();
      Optional<LedgerEntry> known =
          asked.entry(provider.name(), ask.getValue().key(provider.scope()));
      if (known.filter(LedgerEntry::isOpen).isEmpty()) {
        FenceStatus prepared = provider.prepare(ask.getValue());
        if (prepared.state() == State.FAILED) {
          LedgerRecord found =
              record.withAddresses(provider.name(), ask.getValue(), prepared.addresses());
          if (!found.equals(record) && !write.test(found)) {
            return FenceStatus.pending("the fence record changed and is read again");
          }
          return FenceStatus.failed("fence %s: %s".formatted(provider.name(), prepared.text()));
        }
        ask.setValue(ask.getValue().with(prepared.addresses()));
      }
      LedgerEntry wanted =
          known
              .filter(NodeFencing::isFenceWanted)
              .orElseGet(
                  () ->
                      LedgerEntry.asked(
                          provider.name(),
                          provider.scope(),
                          ask.getValue(),
                          clock.instant().truncatedTo(ChronoUnit.MILLIS)));
      // Pods share a fence of the whole node: the need of any Pod's driver counts
      boolean stale =
          known.filter(LedgerEntry::staleMappings).isPresent() || needsReboot(provider, target);
      asked = asked.with(wanted.withStaleMappings(stale));
    }
    if (!asked.equals(record)) {
      if (!write.test(asked)) {
        return FenceStatus.pending("the fence record changed and is read again");
      }
      asked = read.apply(target.node());
    }
    return ask(target, asks, asked, write);
  }

  private boolean needsReboot(FenceProvider provider, FenceTarget target) {
    return target.volumes().stream()
        .map(FencedVolume::driver)
        .filter(driver -> routes.providersOf(driver).contains(provider.name()))
        .anyMatch(keepsStaleMappings);
  }

  private FenceStatus ask(
      FenceTarget target,
      Map<FenceProvider, FenceTarget> asks,
      LedgerRecord stored,
      Predicate<LedgerRecord> write) {
    List<String> failed = new ArrayList<>();
    List<String> pending = new ArrayList<>();
    LedgerRecord after = stored;
    for (Map.Entry<FenceProvider, FenceTarget> ask : asks.entrySet()) {
      FenceProvider provider = ask.getKey();
      Optional<LedgerEntry> entry =
          stored.entry(provider.name(), ask.getValue().key(provider.scope()));
      if (entry.filter(NodeFencing::isFenceWanted).isEmpty()) {
        pending.add("the fence record changed and is read again");
        continue;
      }
      FenceStatus status = askOne(provider, ask.getValue(), entry.get());
      if (!status.isConfirmed()) {
        (status.state() == State.FAILED ? failed : pending)
            .add("fence %s: %s".formatted(provider.name(), status.text()));
      }
      after =
          after
              .with(
                  entry
                      .get()
                      .with(
                          status.isConfirmed()
                              ? LedgerEntry.State.CONFIRMED
                              : LedgerEntry.State.ASKED,
                          status.state() == State.FAILED ? status.text() : "",
                          clock.instant().truncatedTo(ChronoUnit.MILLIS)))
              .withAddresses(provider.name(), ask.getValue(), status.addresses());
    }
    boolean written = after.equals(stored) || write.test(after);
    if (!failed.isEmpty()) {
      return FenceStatus.failed(String.join("; ", failed));
    }
    if (!pending.isEmpty() || !written) {
      return FenceStatus.pending(
          pending.isEmpty()
              ? "the fence record changed and is read again"
              : String.join("; ", pending));
    }
    return FenceStatus.confirmed(
        target.volumes().stream().map(FencedVolume::id).collect(Collectors.toSet()));
  }

  private static FenceStatus askOne(FenceProvider provider, FenceTarget target, LedgerEntry entry) {
    if (entry.state() == LedgerEntry.State.CONFIRMED && !provider.isObservable()) {
      return FenceStatus.confirmed(ids(target));
    }
    FenceStatus status = provider.fence(target);
    if (status.isConfirmed()
        && provider.scope() == FenceScope.VOLUMES
        && !status.confirmedVolumes().containsAll(ids(target))) {
      Set<String> missing = ids(target);
      missing.removeAll(status.confirmedVolumes());
      return FenceStatus.failed("it has not confirmed " + String.join(", ", missing));
    }
    return status;
  }

  /** Returns the state of a target. The parameters are those of {@link #ensure}. */
  FenceStatus status(
      FenceTarget target, Function<String, LedgerRecord> read, Predicate<LedgerRecord> write) {
    if (unserved(target).isPresent()) {
      return FenceStatus.notAsked();
    }
    LedgerRecord record = read.apply(target.node());
    LedgerRecord after = record;
    boolean confirmed = true;
    for (Map.Entry<FenceProvider, FenceTarget> ask : asks(target, record).entrySet()) {
      FenceProvider provider = ask.getKey();
      Optional<LedgerEntry> entry =
          record.entry(provider.name(), ask.getValue().key(provider.scope()));
      if (entry.filter(LedgerEntry::isOpen).isEmpty()) {
        return FenceStatus.notAsked();
      }
      if (entry.get().state() != LedgerEntry.State.CONFIRMED) {
        confirmed = false;
      } else if (provider.isObservable()) {
        FenceStatus status = provider.status(ask.getValue());
        confirmed &= status.isConfirmed();
        after = after.withAddresses(provider.name(), ask.getValue(), status.addresses());
      }
    }
    boolean written = after.equals(record) || write.test(after);
    return confirmed && written ? FenceStatus.confirmed(ids(target)) : FenceStatus.pending("");
  }

  private Optional<String> unserved(FenceTarget target) {
    if (target.volumes().isEmpty()) {
      return Optional.of("the Pod has no volume that names what to fence");
    }
    return target.volumes().stream()
        .map(FencedVolume::driver)
        .filter(
            driver ->
                routes.providersOf(driver).isEmpty()
                    || !providers.keySet().containsAll(routes.providersOf(driver)))
        .findFirst()
        .map(
            driver ->
                "no fence serves driver %s. Name it in rwop-guard.failover.fences.NAME.drivers"
                    .formatted(driver));
  }

  /**
   * Returns the target for each provider that is needed, with what the record knows about the node.
   */
  private Map<FenceProvider, FenceTarget> asks(FenceTarget target, LedgerRecord record) {
    Map<FenceProvider, FenceTarget> asks = new LinkedHashMap<>();
    for (FenceProvider provider : providers.values()) {
      List<FencedVolume> volumes =
          target.volumes().stream()
              .filter(volume -> routes.providersOf(volume.driver()).contains(provider.name()))
              .toList();
      if (!volumes.isEmpty()) {
        FenceTarget ask = target.with(volumes).in(provider.scope());
        asks.put(provider, ask.with(record.addresses(provider.name(), ask)));
      }
    }
    return asks;
  }

  private static boolean isFenceWanted(LedgerEntry entry) {
    return entry.state() == LedgerEntry.State.ASKED || entry.state() == LedgerEntry.State.CONFIRMED;
  }

  private static Set<String> ids(FenceTarget target) {
    return target.volumes().stream()
        .map(FencedVolume::id)
        .collect(Collectors.toCollection(HashSet::new));
  }
}
