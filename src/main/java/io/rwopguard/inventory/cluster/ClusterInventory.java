package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
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
import io.rwopguard.kube.RecordStore;
import io.rwopguard.kube.Resources;
import io.rwopguard.kube.WatchedNamespaces;
import io.rwopguard.kube.WatchedResource;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The observed state of a cluster, watched by informers. An object that the informers have not seen
 * is unknown, not absent. A StatefulSet's controller creates a claim milliseconds before the Pod,
 * and a watch often lags more than that.
 */
final class ClusterInventory implements Inventory, AutoCloseable {

  private static final Logger LOG = Logger.getLogger(ClusterInventory.class);

  private final KubernetesClient client;
  private final Scope scope;
  private final List<ResourceDefinitionContext> resources = new ArrayList<>();
  private final List<WatchedNamespaces<?>> watched = new ArrayList<>();
  private final WatchedNamespaces<Claim> claims;
  private final WatchedNamespaces<Volume> volumes;
  private final WatchedNamespaces<StorageClass> storageClasses;
  private final WatchedNamespaces<CsiDriver> csiDrivers;
  private final WatchedNamespaces<Namespace> namespaces;
  private final Map<Kind, WatchedNamespaces<ClaimConsumer>> claimUsers = new EnumMap<>(Kind.class);
  private final UsageIndex usage = new UsageIndex();
  private final LiveReads liveReads;
  private volatile boolean beenSynced;
  private final ScheduledExecutorService checks =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "inventory-checks");
            thread.setDaemon(true);
            return thread;
          });

  /** Creates an inventory without metrics. */
  ClusterInventory(KubernetesClient client, Duration lookupTimeout) {
    this(client, lookupTimeout, Scope.CLUSTER, new CompositeMeterRegistry());
  }

  ClusterInventory(
      KubernetesClient client, Duration lookupTimeout, Scope scope, MeterRegistry registry) {
    this.client = client;
    this.scope = scope;
    claims = watch(Resources.of(Kind.PERSISTENT_VOLUME_CLAIM), ClusterObjects::claim);
    volumes = watch(Resources.of(Kind.PERSISTENT_VOLUME), ClusterObjects::volume);
    storageClasses = watch(Resources.STORAGE_CLASSES, ClusterObjects::storageClass);
    csiDrivers = watch(Resources.CSI_DRIVERS, ClusterObjects::csiDriver);
    namespaces = watch(Resources.NAMESPACES, ClusterObjects::namespace);
    for (Kind kind : scope.users()) {
      claimUsers.put(
          kind, watch(Resources.of(kind), object -> ClusterObjects.claimUser(kind, object), usage));
    }
    liveReads = new LiveReads(client, lookupTimeout, new LiveReadMetrics(registry));
    InventoryMetrics metrics = new InventoryMetrics(registry);
    for (int i = 0; i < resources.size(); i++) {
      metrics.show(resources.get(i).getPlural(), watched.get(i));
    }
  }

  private <R> WatchedNamespaces<R> watch(
      ResourceDefinitionContext resource, Function<JsonNode, Optional<R>> reader) {
    return watch(resource, reader, (before, after) -> {});
  }

  private <R> WatchedNamespaces<R> watch(
      ResourceDefinitionContext resource,
      Function<JsonNode, Optional<R>> reader,
      RecordStore.Listener<R> listener) {
    WatchedNamespaces<R> objects =
        new WatchedNamespaces<>(client, resource, scope.namespaces(), Map.of(), reader, listener);
    resources.add(resource);
    watched.add(objects);
    return objects;
  }

  /**
   * Lists one object of each kind, because an informer without permission would retry forever.
   *
   * @throws KubernetesClientException if a list is refused, or the API server does not answer
   */
  void tryToRead() {
    ListOptions one = new ListOptionsBuilder().withLimit(1L).build();
    resources.forEach(
        resource -> {
          var all = client.genericKubernetesResources(resource);
          (resource.isNamespaceScoped() ? all.inAnyNamespace() : all).list(one);
        });
  }

  void start() {
    watched.forEach(WatchedNamespaces::start);
  }

  /** Checks regularly whether etcd was restored from a backup, until this inventory is closed. */
  void keepChecking() {
    var unused =
        checks.scheduleWithFixedDelay(
            () -> watched.forEach(ClusterInventory::check),
            WatchedResource.CHECK_EVERY.toSeconds(),
            WatchedResource.CHECK_EVERY.toSeconds(),
            TimeUnit.SECONDS);
  }

  private static void check(WatchedNamespaces<?> objects) {
    try {
      objects.restartIfStateWentBack();
    } catch (Throwable e) {
      // a scheduled task that throws would never run again
      LOG.warn("Cannot check whether the API server's state was restored from a backup", e);
    }
  }

  @Override
  public void restartWatches() {
    watched.forEach(WatchedNamespaces::restart);
  }

  /** Returns whether everything has been read once, except in {@link #unreadable} namespaces. */
  @Override
  public boolean hasSynced() {
    return unsynced().isEmpty();
  }

  /**
   * Returns whether everything has been read since the start. During a new list the earlier state
   * is still known. A webhook that is out of service would refuse the writes that repair the
   * cluster.
   */
  boolean hasBeenSynced() {
    beenSynced |= hasSynced();
    return beenSynced;
  }

  @Override
  public Optional<String> unsynced() {
    return watched.stream().flatMap(objects -> objects.unsynced().stream()).findFirst();
  }

  @Override
  public Map<String, String> unreadable() {
    Map<String, String> unreadable = new HashMap<>();
    watched.forEach(objects -> unreadable.putAll(objects.unreadable()));
    return unreadable;
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return lookup(claims, key.toString());
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return lookup(volumes, name);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return lookup(storageClasses, name);
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return StorageClass.defaultOf(storageClasses.all())
        .map(Lookup::found)
        .orElseGet(Lookup::unknown);
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return lookup(csiDrivers, name);
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return lookup(namespaces, name);
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    WatchedNamespaces<ClaimConsumer> objects = claimUsers.get(key.kind());
    return objects == null ? Lookup.unknown() : lookup(objects, key.namespace() + "/" + key.name());
  }

  @Override
  public Lookup<Nodes> nodes() {
    return liveReads.nodes().last();
  }

  private static <R> Lookup<R> lookup(WatchedNamespaces<R> objects, String key) {
    return objects.get(key).map(Lookup::found).orElseGet(Lookup::unknown);
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return usage.usersOf(claim);
  }

  @Override
  public long podsSeen(ClaimKey claim) {
    return usage.podsSeen(claim);
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return claimUsers.get(Kind.POD).all();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    LookupRequest open = UnresolvedLookups.of(questions, this);
    return open.isEmpty() ? CompletableFuture.completedFuture(this) : liveReads.read(open, this);
  }

  /** Stops the watches and keeps the observed state. */
  void stopWatching() {
    watched.forEach(WatchedNamespaces::stop);
  }

  @Override
  public void close() {
    // the checks stop first, because a check may restart a watch
    checks.shutdownNow();
    stopWatching();
    liveReads.close();
  }
}
