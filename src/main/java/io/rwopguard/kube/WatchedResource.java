package io.rwopguard.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Watches all objects of one kind in a cluster by an informer that keeps a record of each. */
public final class WatchedResource<R> {

  private static final Logger LOG = Logger.getLogger(WatchedResource.class);

  /**
   * The number of objects in one answer. A list of all would take up its whole size in memory at
   * once.
   */
  private static final long PAGE = 500;

  /**
   * The interval at which to call {@link #restartIfStateWentBack}: each check is one small request
   * for each kind.
   */
  public static final Duration CHECK_EVERY = Duration.ofSeconds(30);

  private static final Set<Integer> LASTING = Set.of(401, 403, 404);

  private final String name;
  private final RecordStore<R> store;
  private final Informable<GenericKubernetesResource> objects;
  private final Listable<GenericKubernetesResourceList> listed;
  private volatile SharedIndexInformer<GenericKubernetesResource> informer;
  private boolean stopped;
  private volatile Optional<KubernetesClientException> refusal = Optional.empty();
  private final AtomicLong restarts = new AtomicLong();
  private volatile Optional<Instant> lastEvent = Optional.empty();
  private volatile String lastVersion;

  /** Creates a watch of a kind's objects in the whole cluster. */
  public WatchedResource(
      KubernetesClient client,
      ResourceDefinitionContext resource,
      Function<JsonNode, Optional<R>> reader,
      RecordStore.Listener<R> listener) {
    this(resource.getPlural(), everywhere(client, resource), reader, listener);
  }

  /** Creates a watch of selected objects. */
  public <T extends Informable<GenericKubernetesResource> & Listable<GenericKubernetesResourceList>>
      WatchedResource(
          String name,
          T objects,
          Function<JsonNode, Optional<R>> reader,
          RecordStore.Listener<R> listener) {
    this.name = name;
    this.objects = objects;
    this.listed = objects;
    store =
        new RecordStore<>(
            reader,
            (before, after) -> {
              lastEvent = Optional.of(Instant.now());
              listener.changed(before, after);
            });
    informer = informer();
  }

  private SharedIndexInformer<GenericKubernetesResource> informer() {
    ItemStore<GenericKubernetesResource> kept = store.next();
    return objects
        .withLimit(PAGE)
        .runnableInformer(0)
        .removeNamespaceIndex()
        .itemStore(kept)
        .exceptionHandler(
            (started, failure) -> {
              // an informer that was stopped may fail with a list that its successor has answered
              store.ifCurrent(kept, () -> failed(failure));
              return true;
            });
  }

  private void failed(Throwable failure) {
    refusal = answer(failure);
    LOG.warnf("Watching %s failed, trying again: %s", name, failure.getMessage());
  }

  private static FilterWatchListDeletable<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      everywhere(KubernetesClient client, ResourceDefinitionContext resource) {
    var all = client.genericKubernetesResources(resource);
    return resource.isNamespaceScoped() ? all.inAnyNamespace() : all;
  }

  public void start() {
    informer.start();
  }

  /**
   * Lists everything again and watches on a new connection, because the watch hangs. Otherwise a
   * watch whose server lost power ends only after five to ten minutes.
   */
  public synchronized void restart() {
    if (stopped) {
      return;
    }
    restarts.incrementAndGet();
    informer.stop();
    informer = informer();
    refusal = Optional.empty();
    informer.start();
  }

  /**
   * Lists everything again if the API server's state is older than the one that the watch reported:
   * etcd was restored from a backup. The API server sends nothing on such a watch until its state
   * has reached the version that the watch asks for, which may take days. Does nothing if the API
   * server does not answer or refuses: the watch reports that, and the check is called regularly.
   */
  public void restartIfStateWentBack() {
    notice();
    String told = informer.lastSyncResourceVersion();
    if (told == null || !hasSynced()) {
      return;
    }
    String now;
    try {
      // without a resource version, the answer is not older than any earlier one
      now =
          listed
              .list(new ListOptionsBuilder().withLimit(1L).build())
              .getMetadata()
              .getResourceVersion();
    } catch (KubernetesClientException e) {
      LOG.debugf(e, "The version of %s could not be checked", name);
      return;
    }
    if (isOlder(now, told)) {
      LOG.warnf(
          "The API server is at version %s, but the watch of %s had reported version %s: etcd was restored from a backup. Everything is listed again. Recreate the resources that were lost.",
          now, name, told);
      restart();
    }
  }

  /**
   * Returns whether a version is older than another one. Versions are numbers that grow (KEP-5504).
   * Others cannot be compared.
   */
  private static boolean isOlder(String version, String other) {
    try {
      return Long.parseLong(version) < Long.parseLong(other);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static Optional<KubernetesClientException> answer(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException e && e.getCode() > 0) {
        return Optional.of(e);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns why the API server refuses to list or watch the objects; empty if it does not refuse,
   * or does not answer at all. A watch that ended for a moment is not a refusal.
   */
  public Optional<String> refusal() {
    Optional<KubernetesClientException> last = refusal;
    if (last.isEmpty() || informer.isWatching()) {
      return Optional.empty();
    }
    return hasSynced() && !LASTING.contains(last.get().getCode())
        ? Optional.empty()
        : last.map(ConditionLog::textOf);
  }

  /** Returns why not all objects have been listed once; empty if they have. */
  public Optional<String> unsynced() {
    return hasSynced()
        ? Optional.empty()
        : Optional.of("%s: %s".formatted(name, refusal().orElse("not listed yet")));
  }

  /**
   * Returns whether all objects have been listed once. It does not return whether the watch is up:
   * the watch is down for a moment at each of its regular reconnects. A webhook that is unavailable
   * for that reason is worse than one that reads live.
   */
  public boolean hasSynced() {
    return informer.hasSynced();
  }

  /**
   * Returns the record of the object with this name, {@code namespace/name} if it has a namespace.
   */
  public Optional<R> get(String key) {
    return store.record(key);
  }

  public Stream<R> all() {
    return store.records();
  }

  /** Returns the number of objects with a record. */
  long size() {
    return store.size();
  }

  /** Returns how many times the watch was started again, because it hung or etcd was restored. */
  long restarts() {
    return restarts.get();
  }

  /**
   * Returns when the API server last reported something: a list, a change or a bookmark. An API
   * server sends a bookmark about once a minute where nothing changes, so an old time means a watch
   * that hangs or fails. A bookmark shows only in a new version, so it counts from the next call of
   * this method or of {@link #restartIfStateWentBack}.
   */
  Optional<Instant> lastEvent() {
    notice();
    return lastEvent;
  }

  private void notice() {
    String version = informer.lastSyncResourceVersion();
    if (version != null && !Objects.equals(version, lastVersion)) {
      lastVersion = version;
      lastEvent = Optional.of(Instant.now());
    }
  }

  public synchronized void stop() {
    stopped = true;
    informer.stop();
  }
}
