package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Fences nodes and volumes with every provider that their drivers need, and un-fences them when the
 * node returns.
 *
 * <p>No method waits for a fence and none throws. Calls for one node run one after another.
 */
public final class FenceRegistry implements AutoCloseable {

  private final Map<String, FenceProvider> providers = new LinkedHashMap<>();
  private final FenceRoutes routes;
  private final Predicate<String> keepsStaleMappings;
  private final FenceLedger ledger;
  private final InstantSource clock;
  private final Map<String, Object> locks = new ConcurrentHashMap<>();

  private final OpenFences open = new OpenFences();

  /**
   * Creates the registry.
   *
   * @param routes the providers that the volumes of each driver need
   * @param keepsStaleMappings whether a node that was cut from volumes of this driver may hold
   *     stale mappings until it reboots
   */
  public FenceRegistry(
      List<FenceProvider> providers,
      FenceRoutes routes,
      Predicate<String> keepsStaleMappings,
      FenceLedger ledger,
      InstantSource clock) {
    providers.forEach(provider -> this.providers.put(provider.name(), provider));
    this.routes = routes;
    this.keepsStaleMappings = keepsStaleMappings;
    this.ledger = ledger;
    this.clock = clock;
  }

  /** Whether at least one provider keeps a node from writing to this driver's volumes. */
  public boolean serves(String driver) {
    return !routes.providersOf(driver).isEmpty();
  }

  /**
   * Asks every provider that the volumes need, and returns {@code CONFIRMED} only when each of them
   * has confirmed for this boot of the node, this silence and, with scope {@code VOLUMES}, exactly
   * these volumes. The request is stored before a provider is asked. While a provider cannot be
   * asked, nothing is stored and none is asked.
   */
  public FenceStatus ensure(FenceTarget target) {
    synchronized (lock(target.node())) {
      try {
        return ensureLocked(target);
      } catch (RuntimeException e) {
        return FenceStatus.failed("the fence could not be asked: " + e.getMessage());
      }
    }
  }

  private FenceStatus ensureLocked(FenceTarget target) {
    Optional<String> unserved = unserved(target);
    if (unserved.isPresent()) {
      return FenceStatus.failed(unserved.get());
    }
    LedgerRecord record = ledger.read(target.node());
    if (!record.problem().isEmpty()) {
      return FenceStatus.failed(record.problem());
    }
    Map<FenceProvider, FenceTarget> asks = asks(target);
    LedgerRecord asked = record;
    for (Map.Entry<FenceProvider, FenceTarget> ask : asks.entrySet()) {
      FenceProvider provider = ask.getKey();
      Optional<LedgerEntry> known =
          asked.entry(provider.name(), ask.getValue().key(provider.scope()));
      if (known.filter(LedgerEntry::isOpen).isEmpty()) {
        Optional<String> obstacle = provider.obstacle(ask.getValue());
        if (obstacle.isPresent()) {
          return FenceStatus.failed("fence %s: %s".formatted(provider.name(), obstacle.get()));
        }
      }
      LedgerEntry wanted =
          known
              .filter(FenceRegistry::isFenceWanted)
              .orElseGet(
                  () ->
                      LedgerEntry.asked(
                          provider.name(),
                          provider.scope(),
                          ask.getValue(),
                          clock.instant().truncatedTo(ChronoUnit.MILLIS)));
      // a fence of the whole node is shared: the need of any Pod's driver counts
      boolean stale =
          known.filter(LedgerEntry::staleMappings).isPresent() || needsReboot(provider, target);
      asked = asked.with(wanted.withStaleMappings(stale));
    }
    if (!asked.equals(record)) {
      if (!write(asked)) {
        return FenceStatus.pending("the fence record changed and is read again");
      }
      asked = ledger.read(target.node());
    }
    return ask(target, asks, asked);
  }

  private boolean needsReboot(FenceProvider provider, FenceTarget target) {
    return target.volumes().stream()
        .map(FencedVolume::driver)
        .filter(driver -> routes.providersOf(driver).contains(provider.name()))
        .anyMatch(keepsStaleMappings);
  }

  private FenceStatus ask(
      FenceTarget target, Map<FenceProvider, FenceTarget> asks, LedgerRecord stored) {
    List<String> failed = new ArrayList<>();
    List<String> pending = new ArrayList<>();
    LedgerRecord after = stored;
    for (Map.Entry<FenceProvider, FenceTarget> ask : asks.entrySet()) {
      FenceProvider provider = ask.getKey();
      Optional<LedgerEntry> entry =
          stored.entry(provider.name(), ask.getValue().key(provider.scope()));
      if (entry.filter(FenceRegistry::isFenceWanted).isEmpty()) {
        pending.add("the fence record changed and is read again");
        continue;
      }
      FenceStatus status = askOne(provider, ask.getValue(), entry.get());
      if (!status.isConfirmed()) {
        (status.state() == State.FAILED ? failed : pending)
            .add("fence %s: %s".formatted(provider.name(), status.text()));
      }
      after =
          after.with(
              entry
                  .get()
                  .with(
                      status.isConfirmed() ? LedgerEntry.State.CONFIRMED : LedgerEntry.State.ASKED,
                      status.state() == State.FAILED ? status.text() : "",
                      clock.instant().truncatedTo(ChronoUnit.MILLIS)));
    }
    boolean written = after.equals(stored) || write(after);
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

  /**
   * Returns the state of a target without asking for anything. A stored confirmation that can be
   * observed is compared with the present state.
   */
  public FenceStatus status(FenceTarget target) {
    synchronized (lock(target.node())) {
      try {
        if (unserved(target).isPresent()) {
          return FenceStatus.notAsked();
        }
        LedgerRecord record = ledger.read(target.node());
        boolean confirmed = true;
        for (Map.Entry<FenceProvider, FenceTarget> ask : asks(target).entrySet()) {
          FenceProvider provider = ask.getKey();
          Optional<LedgerEntry> entry =
              record.entry(provider.name(), ask.getValue().key(provider.scope()));
          if (entry.filter(LedgerEntry::isOpen).isEmpty()) {
            return FenceStatus.notAsked();
          }
          confirmed &=
              entry.get().state() == LedgerEntry.State.CONFIRMED
                  && (!provider.isObservable() || provider.status(ask.getValue()).isConfirmed());
        }
        return confirmed ? FenceStatus.confirmed(ids(target)) : FenceStatus.pending("");
      } catch (RuntimeException e) {
        return FenceStatus.failed("the fence record could not be read: " + e.getMessage());
      }
    }
  }

  /**
   * Un-fences everything that was asked for a node that is back. The taint may be removed only
   * after this returned {@code ALLOWED}. Nothing is un-fenced before the reboot that a driver with
   * stale mappings needs.
   *
   * @param bootId the node's boot ID now; empty if it is unknown
   * @param renewTime last {@code spec.renewTime} of the node's Lease now; nothing is un-fenced
   *     while it is the one that the node was fenced with, or empty
   */
  public ReturnStatus mayReturn(String node, String bootId, String renewTime) {
    synchronized (lock(node)) {
      try {
        LedgerRecord record = ledger.read(node);
        open.remember(record);
        return new NodeReturn(providers, clock)
            .advance(record, bootId, renewTime, this::write, this::delete);
      } catch (RuntimeException e) {
        return new ReturnStatus(
            ReturnStatus.State.FAILED, "the fence could not be removed: " + e.getMessage());
      }
    }
  }

  /**
   * Returns whether a fence that stops the node as a whole has confirmed for this boot and silence.
   * It asks no provider.
   */
  public boolean isNodeConfirmed(String node, String bootId, String renewTime) {
    synchronized (lock(node)) {
      try {
        return ledger.read(node).entries().stream()
            .filter(entry -> entry.scope() == FenceScope.NODE)
            .filter(entry -> entry.state() == LedgerEntry.State.CONFIRMED)
            .map(LedgerEntry::target)
            .anyMatch(
                target -> target.bootId().equals(bootId) && target.renewTime().equals(renewTime));
      } catch (RuntimeException e) {
        return false;
      }
    }
  }

  /** Returns the taints that exist on a node only because a provider fences it for us. */
  public Set<Taint> ownTaints(String node) {
    List<LedgerEntry> entries = open.of(node);
    if (entries.isEmpty()) {
      return Set.of();
    }
    Set<Taint> taints = new HashSet<>();
    for (LedgerEntry entry : entries) {
      FenceProvider provider = providers.get(entry.provider());
      if (provider != null) {
        taints.addAll(provider.ownTaints(node));
      }
    }
    return taints;
  }

  /**
   * Returns whether an open fence of a node waits until this boot of it has ended. With an empty
   * boot ID it returns whether one waits for any boot to end.
   */
  public boolean awaitsReboot(String node, String bootId) {
    return open.awaitsReboot(node, bootId);
  }

  /** Returns the nodes for which a fence was asked and not yet removed. */
  public Set<String> fencedNodes() {
    return open.nodes();
  }

  /**
   * Returns what is wrong with fences of nodes that do not exist. They are never un-fenced
   * automatically: the machine behind such a node may still run.
   *
   * @param exists whether a node of this name exists
   */
  public List<String> ofMissingNodes(Predicate<String> exists) {
    return open.ofMissingNodes(exists);
  }

  /**
   * Reads the whole ledger. A new leader calls this before it acts.
   *
   * @return what is wrong with records that have to be left alone
   */
  public List<String> refresh() {
    List<LedgerRecord> records = ledger.list();
    open.replace(records);
    return records.stream().map(LedgerRecord::problem).filter(text -> !text.isEmpty()).toList();
  }

  private boolean write(LedgerRecord record) {
    boolean written = ledger.write(record);
    if (written) {
      open.remember(record);
    }
    return written;
  }

  private boolean delete(LedgerRecord record) {
    boolean deleted = ledger.delete(record);
    if (deleted) {
      open.forget(record.node());
    }
    return deleted;
  }

  private Optional<String> unserved(FenceTarget target) {
    if (target.volumes().isEmpty()) {
      return Optional.of("no volume of the Pod names what has to be fenced");
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

  /** Returns what each needed provider is asked for. */
  private Map<FenceProvider, FenceTarget> asks(FenceTarget target) {
    Map<FenceProvider, FenceTarget> asks = new LinkedHashMap<>();
    for (FenceProvider provider : providers.values()) {
      List<FencedVolume> volumes =
          target.volumes().stream()
              .filter(volume -> routes.providersOf(volume.driver()).contains(provider.name()))
              .toList();
      if (!volumes.isEmpty()) {
        asks.put(provider, target.with(volumes).in(provider.scope()));
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

  private Object lock(String node) {
    return locks.computeIfAbsent(node, key -> new Object());
  }

  @Override
  public void close() {
    providers.values().forEach(FenceProvider::close);
  }
}
