package io.rwopguard.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** All objects of one kind in a cluster, watched by an informer that keeps a record of each. */
public final class WatchedResource<R> {

  private static final Logger LOG = Logger.getLogger(WatchedResource.class);

  /** Objects in one answer: a list of all would take up its whole size in memory at once. */
  private static final long PAGE = 500;

  private final RecordStore<R> store;
  private final Supplier<SharedIndexInformer<GenericKubernetesResource>> informers;
  private volatile SharedIndexInformer<GenericKubernetesResource> informer;

  /** Watches a kind's objects everywhere. */
  public WatchedResource(
      KubernetesClient client,
      ResourceDefinitionContext resource,
      Function<JsonNode, Optional<R>> reader,
      RecordStore.Listener<R> listener) {
    this(resource.getPlural(), everywhere(client, resource), reader, listener);
  }

  /** Watches a choice of objects. */
  public WatchedResource(
      String name,
      Informable<GenericKubernetesResource> objects,
      Function<JsonNode, Optional<R>> reader,
      RecordStore.Listener<R> listener) {
    store = new RecordStore<>(reader, listener);
    informers =
        () ->
            objects
                .withLimit(PAGE)
                .runnableInformer(0)
                .removeNamespaceIndex()
                .itemStore(store)
                .exceptionHandler(
                    (started, failure) -> {
                      LOG.warnf("Watching %s failed, trying again: %s", name, failure.getMessage());
                      return true;
                    });
    informer = informers.get();
  }

  private static Informable<GenericKubernetesResource> everywhere(
      KubernetesClient client, ResourceDefinitionContext resource) {
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
    informer.stop();
    informer = informers.get();
    informer.start();
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
    informer.stop();
  }
}
