package io.rwopguard.inventory;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** The inventory of a service without a configured cluster: nothing is known. */
public class EmptyInventory implements Inventory {

  @Override
  public boolean knowsCluster() {
    return false;
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
    return Lookup.unknown();
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return List.of();
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return Stream.empty();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return CompletableFuture.completedFuture(this);
  }
}
