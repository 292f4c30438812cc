package io.rwopguard.inventory;

import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * What is known of a cluster. Look-ups answer from memory at once and never block; whatever needs
 * more than that goes through {@link #learn} first.
 */
public interface Inventory {

  /** Whether all objects that are watched have been seen once. */
  default boolean hasSynced() {
    return true;
  }

  /** Why not all of them have been seen once; empty if {@link #hasSynced}. */
  default Optional<String> unsynced() {
    return hasSynced() ? Optional.empty() : Optional.of("not all objects have been listed yet");
  }

  /** The namespaces of which nothing is known since they may not be read, and why. */
  default Map<String, String> unreadable() {
    return Map.of();
  }

  /** Lists and watches everything again on new connections, because watches are known to hang. */
  default void restartWatches() {}

  /** Whether there is a cluster at all that can be asked. */
  default boolean knowsCluster() {
    return true;
  }

  /** What is known of this claim. */
  Lookup<Claim> claim(ClaimKey key);

  /** What is known of this PersistentVolume. */
  Lookup<Volume> volume(String name);

  /** What is known of this StorageClass. */
  Lookup<StorageClass> storageClass(String name);

  /** The StorageClass of claims that name none. */
  Lookup<StorageClass> defaultStorageClass();

  /** The StorageClass that a claim gets which names this one, or none. */
  default Lookup<StorageClass> storageClassOf(Optional<String> named) {
    return named.map(this::storageClass).orElseGet(this::defaultStorageClass);
  }

  /** What is known of this CSIDriver. */
  Lookup<CsiDriver> csiDriver(String name);

  /** What is known of this namespace. */
  Lookup<Namespace> namespace(String name);

  /** What is known of the nodes that Pods can be on. */
  default Lookup<Nodes> nodes() {
    return Lookup.unknown();
  }

  /** What is known of this Pod or workload. */
  Lookup<ClaimUser> claimUser(ObjectKey key);

  /**
   * The Pods and workloads that are known to name this claim, in no order. Others may do so too: a
   * watch is always a moment late.
   */
  List<ClaimUser> usersOf(ClaimKey claim);

  /**
   * Returns a number that grows with each new Pod that names this claim and is seen in the cluster;
   * zero if none was.
   */
  default long podsSeen(ClaimKey claim) {
    return 0;
  }

  /** The Pods that are known to name a claim, in no order. */
  Stream<ClaimUser> pods();

  /**
   * An inventory that has asked the cluster what this one did not know. It completes in bounded
   * time, never exceptionally; what could not be learnt by then stays unknown.
   */
  CompletionStage<Inventory> learn(Questions questions);
}
