package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Fences nodes and volumes with every provider that their drivers need, and un-fences them when the
 * node returns.
 *
 * <p>No method waits for a fence and none throws. Calls for one node run one after another.
 */
public final class FenceRegistry implements AutoCloseable {

  private final Map<String, FenceProvider> providers = new LinkedHashMap<>();
  private final FenceRoutes routes;
  private final NodeFencing fencing;
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
    this.fencing = new NodeFencing(this.providers, routes, keepsStaleMappings, clock);
    this.ledger = ledger;
    this.clock = clock;
  }

  /** Returns whether at least one provider keeps a node from writing to this driver's volumes. */
  boolean serves(String driver) {
    return !routes.providersOf(driver).isEmpty();
  }

  /**
   * Asks every provider that the volumes need. It returns {@code CONFIRMED} only when each of them
   * has confirmed for this boot of the node, this silence and, with scope {@code VOLUMES}, exactly
   * these volumes. It stores the request before it asks a provider. While one provider cannot be
   * asked, it stores nothing and asks none.
   */
  public FenceStatus ensure(FenceTarget target) {
    synchronized (lock(target.node())) {
      try {
        return fencing.ensure(target, ledger::read, this::write);
      } catch (RuntimeException e) {
        return FenceStatus.failed("the fence could not be asked: " + e.getMessage());
      }
    }
  }

  /**
   * Returns the state of a target without asking for anything. It compares a stored confirmation
   * with the present state if that can be observed. It stores newly found addresses of the node
   * before they count.
   */
  FenceStatus status(FenceTarget target) {
    synchronized (lock(target.node())) {
      try {
        return fencing.status(target, ledger::read, this::write);
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
   * @param renewTime the last {@code spec.renewTime} of the node's Lease now; nothing is un-fenced
   *     while it is empty or the one that the node was fenced with
   */
  ReturnStatus mayReturn(String node, String bootId, String renewTime) {
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
  boolean isNodeConfirmed(String node, String bootId, String renewTime) {
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
  Set<Taint> ownTaints(String node) {
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
  boolean awaitsReboot(String node, String bootId) {
    return open.awaitsReboot(node, bootId);
  }

  /** Returns the nodes for which a fence was asked and not yet removed. */
  Set<String> fencedNodes() {
    return open.nodes();
  }

  /**
   * Returns messages about fences of nodes that do not exist. They are never un-fenced
   * automatically: the machine behind such a node may still run.
   *
   * @param exists whether a node with this name exists
   */
  List<String> ofMissingNodes(Predicate<String> exists) {
    return open.ofMissingNodes(exists);
  }

  /**
   * Reads the whole ledger. A new leader calls this before it acts.
   *
   * @return messages about records that must not be changed
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

  private Object lock(String node) {
    return locks.computeIfAbsent(node, key -> new Object());
  }

  @Override
  public void close() {
    providers.values().forEach(FenceProvider::close);
  }
}
