package io.rwopguard.inventory.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.inventory.Questions;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What manifests say of the objects that others name. What no manifest tells is asked of another
 * inventory: a cluster's, or one that knows nothing. A manifest goes before what runs, since it is
 * what will be.
 */
public final class ManifestInventory implements Inventory {

  /** What the manifests say; shared with what has asked another inventory since. */
  private record Written(
      Map<ClaimKey, Claim> claims,
      Map<String, Volume> volumes,
      Map<String, StorageClass> storageClasses,
      Map<String, CsiDriver> csiDrivers,
      Map<String, Namespace> namespaces,
      Map<ObjectKey, ClaimUser> users,
      Map<ClaimKey, List<ClaimUser>> usage) {}

  private final Inventory other;
  private final Written written;

  /** Begins with no manifest. */
  public ManifestInventory(Inventory other) {
    this(
        other,
        new Written(
            new HashMap<>(),
            new HashMap<>(),
            new HashMap<>(),
            new HashMap<>(),
            new HashMap<>(),
            new HashMap<>(),
            new HashMap<>()));
  }

  private ManifestInventory(Inventory other, Written written) {
    this.other = other;
    this.written = written;
  }

  /** Takes up an object of a kind that rwop-guard reads. */
  public void add(ObjectFacts object) {
    if (object.volume().isPresent()) {
      written.volumes().put(object.name(), Volume.of(object));
    } else if (object.claim().isPresent()) {
      Claim claim = Claim.of(object);
      written.claims().put(claim.key(), claim);
    } else if (object.podTemplate().isPresent()) {
      ClaimUser user = ClaimUser.of(object);
      written.users().put(user.key(), user);
      user.claims()
          .forEach(
              claim -> written.usage().computeIfAbsent(claim, key -> new ArrayList<>()).add(user));
    }
  }

  /** Takes up what is no workload and no volume: storage classes, CSI drivers, namespaces. */
  public void addOther(JsonNode object) {
    String name = object.path("metadata").path("name").asText();
    switch (object.path("apiVersion").asText() + " " + object.path("kind").asText()) {
      case "storage.k8s.io/v1 StorageClass" ->
          written.storageClasses().put(name, StorageClass.of(object));
      case "storage.k8s.io/v1 CSIDriver" -> written.csiDrivers().put(name, CsiDriver.of(object));
      case "v1 Namespace" -> written.namespaces().put(name, Namespace.of(object));
      default -> {}
    }
  }

  private static <K, T> Lookup<T> lookup(
      Map<K, T> known, K key, Function<Inventory, Lookup<T>> otherwise, Inventory other) {
    T found = known.get(key);
    return found == null ? otherwise.apply(other) : Lookup.found(found);
  }

  @Override
  public boolean knowsCluster() {
    return other.knowsCluster();
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return lookup(written.claims(), key, inventory -> inventory.claim(key), other);
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return lookup(written.volumes(), name, inventory -> inventory.volume(name), other);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return lookup(written.storageClasses(), name, inventory -> inventory.storageClass(name), other);
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    List<StorageClass> defaults =
        written.storageClasses().values().stream().filter(StorageClass::isDefault).toList();
    if (defaults.size() > 1) {
      // the newest one counts, and manifests do not say which that will be
      return Lookup.unknown();
    }
    return defaults.stream().findFirst().map(Lookup::found).orElseGet(other::defaultStorageClass);
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return lookup(written.csiDrivers(), name, inventory -> inventory.csiDriver(name), other);
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return lookup(written.namespaces(), name, inventory -> inventory.namespace(name), other);
  }

  @Override
  public Lookup<Nodes> nodes() {
    return other.nodes();
  }

  @Override
  public Lookup<ClaimUser> claimUser(ObjectKey key) {
    return lookup(written.users(), key, inventory -> inventory.claimUser(key), other);
  }

  @Override
  public List<ClaimUser> usersOf(ClaimKey claim) {
    List<ClaimUser> all = new ArrayList<>(written.usage().getOrDefault(claim, List.of()));
    other.usersOf(claim).stream()
        .filter(user -> !written.users().containsKey(user.key()))
        .forEach(all::add);
    return all;
  }

  @Override
  public Stream<ClaimUser> pods() {
    return other.pods();
  }

  @Override
  public CompletionStage<Inventory> learn(Questions questions) {
    return other.learn(questions).thenApply(learnt -> new ManifestInventory(learnt, written));
  }
}
