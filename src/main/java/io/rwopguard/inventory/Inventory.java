package io.rwopguard.inventory;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * The observed state of a cluster. Lookups answer from memory immediately and never block.
 * Everything that needs more than that is read by {@link #learn} first.
 */
public interface Inventory {

  /** Returns whether all watched objects have been read once. */
  default boolean hasSynced() {
    return true;
  }

  /** Returns why some of them have not been read yet; empty if {@link #hasSynced}. */
  default Optional<String> unsynced() {
    return hasSynced() ? Optional.empty() : Optional.of("not all objects have been listed yet");
  }

  /** Returns the namespaces that rwop-guard may not read, and why. */
  default Map<String, String> unreadable() {
    return Map.of();
  }

  /** Lists and watches everything again on new connections, because watches are known to hang. */
  default void restartWatches() {}

  /** Returns whether there is a cluster to read from. */
  default boolean knowsCluster() {
    return true;
  }

  /** Returns what is known about this claim. */
  Lookup<Claim> claim(ClaimKey key);

  /** Returns what is known about this PersistentVolume. */
  Lookup<Volume> volume(String name);

  /** Returns what is known about this StorageClass. */
  Lookup<StorageClass> storageClass(String name);

  /** Returns the StorageClass of claims that name none. */
  Lookup<StorageClass> defaultStorageClass();

  /** Returns the StorageClass of a claim that names this one, or none. */
  default Lookup<StorageClass> storageClassOf(Optional<String> named) {
    return named.map(this::storageClass).orElseGet(this::defaultStorageClass);
  }

  /** Returns what is known about this CSIDriver. */
  Lookup<CsiDriver> csiDriver(String name);

  /** Returns what is known about this namespace. */
  Lookup<Namespace> namespace(String name);

  /** Returns what is known about the nodes that Pods can run on. */
  default Lookup<Nodes> nodes() {
    return Lookup.unknown();
  }

  /** Returns what is known about this Pod or workload. */
  Lookup<ClaimConsumer> claimUser(ObjectKey key);

  /**
   * Returns the Pods and workloads that are known to name this claim, in no order. There may be
   * others, because a watch always lags a little.
   */
  List<ClaimConsumer> usersOf(ClaimKey claim);

  /**
   * Returns a number that grows with each new Pod in the cluster that names this claim; zero if
   * there was none.
   */
  default long podsSeen(ClaimKey claim) {
    return 0;
  }

  /** Returns the Pods that are known to name a claim, in no order. */
  Stream<ClaimConsumer> pods();

  /**
   * Returns an inventory that has also read from the cluster what this one did not know. It
   * completes in bounded time, never exceptionally. What could not be read by then stays unknown.
   */
  CompletionStage<Inventory> learn(LookupRequest questions);
}
