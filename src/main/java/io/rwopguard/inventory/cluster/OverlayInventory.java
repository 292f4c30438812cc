package io.rwopguard.inventory.cluster;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** An inventory plus the live reads for one request. */
final class OverlayInventory implements Inventory {

  private final Inventory known;
  private final Set<ClaimKey> confirmed;
  private final Map<ClaimKey, Lookup<Claim>> claims = new ConcurrentHashMap<>();
  private final Map<String, Lookup<Volume>> volumes = new ConcurrentHashMap<>();
  private final Map<String, Lookup<Namespace>> namespaces = new ConcurrentHashMap<>();
  private volatile Lookup<Nodes> nodes = Lookup.unknown();
  private final Map<ObjectKey, Lookup<ClaimConsumer>> users = new ConcurrentHashMap<>();

  /**
   * Creates an inventory without live reads.
   *
   * @param confirmed the claims whose Pods count only after a live read
   */
  OverlayInventory(Inventory known, Set<ClaimKey> confirmed) {
    this.known = known;
    this.confirmed = confirmed;
  }

  void learnt(ClaimKey key, Lookup<Claim> claim) {
    claims.put(key, claim);
  }

  void learntVolume(String name, Lookup<Volume> volume) {
    volumes.put(name, volume);
  }

  void learntNamespace(String name, Lookup<Namespace> namespace) {
    namespaces.put(name, namespace);
  }

  void learntNodes(Lookup<Nodes> answer) {
    nodes = answer;
  }

  void learnt(ObjectKey key, Lookup<ClaimConsumer> user) {
    users.put(key, user);
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return claims.getOrDefault(key, known.claim(key));
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return volumes.getOrDefault(name, known.volume(name));
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return namespaces.getOrDefault(name, known.namespace(name));
  }

  @Override
  public Lookup<Nodes> nodes() {
    return nodes.value().isPresent() ? nodes : known.nodes();
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return users.getOrDefault(key, known.claimUser(key));
  }

  /**
   * {@inheritDoc} A Pod of an uncertain claim that could not be read is omitted, so it causes no
   * refusal.
   */
  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    List<ClaimConsumer> all = known.usersOf(claim);
    if (!confirmed.contains(claim)) {
      return all;
    }
    return all.stream()
        .filter(user -> user.key().kind() != Kind.POD || isActive(users.get(user.key())))
        .toList();
  }

  private static boolean isActive(Lookup<ClaimConsumer> user) {
    return user != null && user.value().map(ClaimConsumer::active).orElse(false);
  }

  @Override
  public long podsSeen(ClaimKey claim) {
    return known.podsSeen(claim);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return known.storageClass(name);
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return known.defaultStorageClass();
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return known.csiDriver(name);
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return known.pods();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return CompletableFuture.completedFuture(this);
  }
}
