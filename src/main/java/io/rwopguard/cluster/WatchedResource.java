package io.rwopguard.cluster;

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
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** All objects of one kind in a cluster, watched by an informer that keeps a record of each. */
public final class WatchedResource<R> {

  private static final Logger LOG = Logger.getLogger(WatchedResource.class);

  /** Objects in one answer: a list of all would take up its whole size in memory at once. */
  private static final long PAGE = 500;

  /**
   * How often to call {@link #restartIfStateWentBack}: each check is one small request for each
   * kind.
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

  /** Watches a kind's objects everywhere. */
  public WatchedResource(
      KubernetesClient client,
      ResourceDefinitionContext resource,
      Function<JsonNode, Optional<R>> reader,
      RecordStore.Listener<R> listener) {
    this(resource.getPlural(), everywhere(client, resource), reader, listener);
  }

  /** Watches a choice of objects. */
  public <T extends Informable<GenericKubernetesResource> & Listable<GenericKubernetesResourceList>>
      WatchedResource(
          String name,
          T objects,
          Function<JsonNode, Optional<R>> reader,
          RecordStore.Listener<R> listener) {
    this.name = name;
    this.objects = objects;
    this.listed = objects;
    store = new RecordStore<>(reader, listener);
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
              // one that was stopped may fail with a list that its successor has answered
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
   * Lists everything again and watches on a new connection, because the watch is known to hang. A
   * watch whose server lost power ends after five to ten minutes only.
   */
  public synchronized void restart() {
    if (stopped) {
      return;
    }
    informer.stop();
    informer = informer();
    refusal = Optional.empty();
    informer.start();
  }

  /**
   * Lists everything again if the API server's state is older than what the watch has told: etcd
   * was restored from a backup. The API server sends nothing on such a watch until its state has
   * reached the version that the watch asks for, which may take days. Does nothing if the API
   * server does not answer, or refuses to: the watch reports that, and this is called regularly.
   */
  public void restartIfStateWentBack() {
    String told = informer.lastSyncResourceVersion();
    if (told == null || !hasSynced()) {
      return;
    }
    String now;
    try {
      // without a resource version, the answer is not older than any that was given before
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
          "The API server's state is at version %s, and the watch of %s had told version %s: etcd was restored from a backup. Everything is listed again. Create the resources that were lost again.",
          now, name, told);
      restart();
    }
  }

  /** Versions are numbers that grow (KEP-5504). Others cannot be compared. */
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
   * Why the API server refuses to list or watch the objects; empty if it does not, or if it does
   * not answer at all. A watch that ended for a moment is no refusal.
   */
  public Optional<String> refusal() {
    Optional<KubernetesClientException> last = refusal;
    if (last.isEmpty() || informer.isWatching()) {
      return Optional.empty();
    }
    return hasSynced() && !LASTING.contains(last.get().getCode())
        ? Optional.empty()
        : last.map(Problems::textOf);
  }

  /** Why not all has been seen once; empty if it has. */
  public Optional<String> unsynced() {
    return hasSynced()
        ? Optional.empty()
        : Optional.of("%s: %s".formatted(name, refusal().orElse("not listed yet")));
  }

  /**
   * Whether all has been seen once. Not whether the watch is up: it is down for a moment at each of
   * its regular reconnects, and a webhook that is taken out of service for that is worse than one
   * that reads live.
   */
  public boolean hasSynced() {
    return informer.hasSynced();
  }

  /** What is kept of the object of this name, {@code namespace/name} where it has a namespace. */
  public Optional<R> get(String key) {
    return store.record(key);
  }

  public Stream<R> all() {
    return store.records();
  }

  public synchronized void stop() {
    stopped = true;
    informer.stop();
  }
}
