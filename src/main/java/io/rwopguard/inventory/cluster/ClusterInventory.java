package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimKey;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Volume;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * A cluster's claims and volumes, watched by informers. What the informers have not seen is
 * unknown, not absent: a StatefulSet's controller creates a claim milliseconds before the Pod, and
 * a watch is often later than that.
 */
final class ClusterInventory implements Inventory, AutoCloseable {

  private static final Logger LOG = Logger.getLogger(ClusterInventory.class);

  private final SharedIndexInformer<PersistentVolumeClaim> claims;
  private final SharedIndexInformer<PersistentVolume> volumes;
  private final LiveReads liveReads;

  ClusterInventory(KubernetesClient client, Duration lookupTimeout) {
    claims = informer("claims", client.persistentVolumeClaims().inAnyNamespace());
    volumes = informer("volumes", client.persistentVolumes());
    liveReads = new LiveReads(client, lookupTimeout);
  }

  private static <T extends HasMetadata> SharedIndexInformer<T> informer(
      String what, Informable<T> resources) {
    return resources
        .runnableInformer(0)
        .removeNamespaceIndex()
        .itemStore(new TrimmedItemStore<>())
        .exceptionHandler(
            (started, failure) -> {
              LOG.warnf("Watching %s failed, trying again: %s", what, failure.getMessage());
              return true;
            });
  }

  void start() {
    claims.start();
    volumes.start();
  }

  /**
   * Whether all has been seen once. Not whether the watches are up: they are down for a moment at
   * each of their regular reconnects, and a webhook that is taken out of service for that is worse
   * than one that reads live.
   */
  boolean hasSynced() {
    return claims.hasSynced() && volumes.hasSynced();
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    PersistentVolumeClaim claim = claims.getStore().getByKey(key.toString());
    return claim == null ? Lookup.unknown() : Lookup.found(claim(claim));
  }

  @Override
  public Lookup<Volume> volume(String name) {
    PersistentVolume volume = volumes.getStore().getByKey(name);
    return volume == null ? Lookup.unknown() : Lookup.found(volume(volume));
  }

  @Override
  public CompletionStage<Inventory> learn(Set<ClaimKey> wanted) {
    Set<ClaimKey> missing =
        wanted.stream().filter(key -> !isKnown(key)).collect(Collectors.toUnmodifiableSet());
    return missing.isEmpty()
        ? CompletableFuture.completedFuture(this)
        : liveReads.read(missing, this);
  }

  /** Whether the claim is known, and the volume it is bound to as well. */
  private boolean isKnown(ClaimKey key) {
    return claim(key)
        .value()
        .map(
            claim -> claim.volumeName().isEmpty() || volume(claim.volumeName()).value().isPresent())
        .orElse(false);
  }

  @Override
  public void close() {
    claims.stop();
    volumes.stop();
    liveReads.close();
  }

  static Claim claim(PersistentVolumeClaim claim) {
    return new Claim(
        new ClaimKey(claim.getMetadata().getNamespace(), claim.getMetadata().getName()),
        modes(claim.getSpec().getAccessModes()),
        Objects.requireNonNullElse(claim.getSpec().getVolumeName(), ""));
  }

  static Volume volume(PersistentVolume volume) {
    return new Volume(volume.getMetadata().getName(), modes(volume.getSpec().getAccessModes()));
  }

  private static List<String> modes(List<String> modes) {
    return modes == null ? List.of() : modes;
  }
}
