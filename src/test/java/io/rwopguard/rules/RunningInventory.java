package io.rwopguard.rules;

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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * The inventory of a cluster with these Pods, workloads and nodes. Everything else comes from the
 * manifests of a test, or is unknown.
 */
record RunningInventory(List<ClaimConsumer> users, Lookup<Nodes> nodes) implements Inventory {

  /** Creates the inventory of a cluster whose nodes are not known. */
  RunningInventory(ClaimConsumer... users) {
    this(List.of(users), Lookup.unknown());
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return Lookup.unknown();
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return Lookup.unknown();
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
    return Lookup.unknown();
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return Lookup.unknown();
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return users.stream()
        .filter(user -> user.key().equals(key))
        .findFirst()
        .map(Lookup::found)
        .orElseGet(Lookup::unknown);
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return users.stream().filter(user -> user.claims().contains(claim)).toList();
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return users.stream().filter(user -> user.key().kind() == Kind.POD);
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return CompletableFuture.completedFuture(this);
  }
}
