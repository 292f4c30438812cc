package io.rwopguard.failover.cluster;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * An inventory without the namespaces that failover is not set up for or may not read. Nothing in
 * them is known, their labels included, so failover treats them as not opted in. A process that
 * also serves admission shares one inventory of the whole cluster. The setting has to hold there
 * too.
 *
 * @param elsewhere the namespaces in which this process may not read other objects, and why
 */
public record ChosenNamespaces(
    Inventory all, Set<String> namespaces, Supplier<Map<String, String>> elsewhere)
    implements Inventory {

  public ChosenNamespaces {
    namespaces = Set.copyOf(namespaces);
  }

  /** Returns an inventory of these namespaces, or the inventory itself if none are chosen. */
  public static Inventory of(
      Inventory all, Set<String> namespaces, Supplier<Map<String, String>> elsewhere) {
    return namespaces.isEmpty() ? all : new ChosenNamespaces(all, namespaces, elsewhere);
  }

  @Override
  public boolean hasSynced() {
    return all.hasSynced();
  }

  @Override
  public Optional<String> unsynced() {
    return all.unsynced();
  }

  @Override
  public Map<String, String> unreadable() {
    Map<String, String> unreadable = new HashMap<>(all.unreadable());
    unreadable.putAll(elsewhere.get());
    unreadable.keySet().retainAll(namespaces);
    return unreadable;
  }

  @Override
  public void restartWatches() {
    all.restartWatches();
  }

  private boolean isReadable(String namespace) {
    return namespaces.contains(namespace)
        && !all.unreadable().containsKey(namespace)
        && !elsewhere.get().containsKey(namespace);
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return namespaces.contains(key.namespace()) ? all.claim(key) : Lookup.unknown();
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return all.volume(name);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return all.storageClass(name);
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return all.defaultStorageClass();
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return all.csiDriver(name);
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return isReadable(name) ? all.namespace(name) : Lookup.unknown();
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return namespaces.contains(key.namespace()) ? all.claimUser(key) : Lookup.unknown();
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return namespaces.contains(claim.namespace()) ? all.usersOf(claim) : List.of();
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    Set<String> readable = new HashSet<>(namespaces);
    readable.removeAll(unreadable().keySet());
    return all.pods().filter(pod -> readable.contains(pod.key().namespace()));
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return all.learn(questions).thenApply(learnt -> of(learnt, namespaces, elsewhere));
  }
}
