package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** The inventory of a cluster, with the real readers and index, fed by a test. */
public final class FedInventory implements Inventory {

  private static final Map<String, Kind> USERS =
      Map.of("pods", Kind.POD, "statefulsets", Kind.STATEFUL_SET, "replicasets", Kind.REPLICA_SET);

  private final Map<String, Claim> claims = new HashMap<>();
  private final Map<String, Volume> volumes = new HashMap<>();
  private final Map<String, CsiDriver> csiDrivers = new HashMap<>();
  private final Map<String, Namespace> namespaces = new HashMap<>();
  private final Map<Kind, Map<String, ClaimConsumer>> users = new HashMap<>();
  private final UsageIndex usage = new UsageIndex();

  /** An object has come, has changed or, if it is null, has gone. */
  public void changed(String type, String key, JsonNode object) {
    Optional<JsonNode> there = Optional.ofNullable(object);
    switch (type) {
      case "persistentvolumeclaims" -> put(claims, key, there.flatMap(ClusterObjects::claim));
      case "persistentvolumes" -> put(volumes, key, there.flatMap(ClusterObjects::volume));
      case "csidrivers" -> put(csiDrivers, key, there.flatMap(ClusterObjects::csiDriver));
      case "namespaces" -> put(namespaces, key, there.flatMap(ClusterObjects::namespace));
      default -> {
        Kind kind = USERS.get(type);
        if (kind != null) {
          Optional<ClaimConsumer> after =
              there.flatMap(json -> ClusterObjects.claimUser(kind, json));
          usage.changed(put(users.computeIfAbsent(kind, k -> new HashMap<>()), key, after), after);
        }
      }
    }
  }

  private static <R> Optional<R> put(Map<String, R> records, String key, Optional<R> record) {
    return Optional.ofNullable(
        record.isPresent() ? records.put(key, record.get()) : records.remove(key));
  }

  private static <R> Lookup<R> lookup(Map<String, R> records, String key) {
    R found = records.get(key);
    return found == null ? Lookup.unknown() : Lookup.found(found);
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return lookup(claims, key.toString());
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return lookup(volumes, "/" + name);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return Lookup.unknown();
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return Lookup.unknown();
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return lookup(csiDrivers, "/" + name);
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return lookup(namespaces, "/" + name);
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return lookup(users.getOrDefault(key.kind(), Map.of()), key.namespace() + "/" + key.name());
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return usage.usersOf(claim);
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return users.getOrDefault(Kind.POD, Map.of()).values().stream();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return CompletableFuture.completedFuture(this);
  }
}
