package io.rwopguard.failover;

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
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Reintroduces S14: the controller did not see that another Pod on a dead node uses the same claim.
 *
 * @param isLate whether a node is late with the renewal of its Lease
 */
record OldInventory(Inventory inventory, Predicate<String> isLate) implements Inventory {

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return inventory.usersOf(claim).stream()
        // nor did it ask workloads whether they opted out
        .filter(user -> user.key().kind() == Kind.POD)
        .filter(user -> user.place().filter(place -> isLate.test(place.node())).isEmpty())
        .toList();
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return inventory.claim(key);
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return inventory.volume(name);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return inventory.storageClass(name);
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return inventory.defaultStorageClass();
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return inventory.csiDriver(name);
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return inventory.namespace(name);
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return inventory.claimUser(key);
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return inventory.pods();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return inventory.learn(questions);
  }
}
