package io.rwopguard.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Watches the objects of one kind that a process may read. It uses one watch of the whole cluster
 * or one of each namespace, so that Roles in these namespaces suffice. Cluster-scoped objects are
 * always watched in the whole cluster, except Namespaces, which are watched by their names.
 */
public final class WatchedNamespaces<R> {

  /** One watch, and the only namespace that it is for; empty if it is for all. */
  private record Watch<R>(String namespace, WatchedResource<R> resource) {}

  private final List<Watch<R>> watches;

  /**
   * Prepares the watches.
   *
   * @param namespaces the namespaces to watch; all if it is empty
   * @param labels the labels that an object must have
   */
  public WatchedNamespaces(
      KubernetesClient client,
      ResourceDefinitionContext resource,
      Set<String> namespaces,
      Map<String, String> labels,
      Function<JsonNode, Optional<R>> reader,
      RecordStore.Listener<R> listener) {
    var all = client.genericKubernetesResources(resource);
    boolean namespaced = resource.isNamespaceScoped();
    boolean byName = resource.getPlural().equals(Resources.NAMESPACES.getPlural());
    watches = new ArrayList<>();
    if (namespaces.isEmpty() || !(namespaced || byName)) {
      var everywhere = namespaced ? all.inAnyNamespace() : all;
      watches.add(watch("", resource.getPlural(), everywhere.withLabels(labels), reader, listener));
      return;
    }
    for (String namespace : namespaces) {
      var ofNamespace =
          namespaced
              ? all.inNamespace(namespace).withLabels(labels)
              : all.withField("metadata.name", namespace);
      String name = "%s of namespace %s".formatted(resource.getPlural(), namespace);
      watches.add(watch(namespace, name, ofNamespace, reader, listener));
    }
  }

  private static <
          R,
          T extends Informable<GenericKubernetesResource> & Listable<GenericKubernetesResourceList>>
      Watch<R> watch(
          String namespace,
          String name,
          T objects,
          Function<JsonNode, Optional<R>> reader,
          RecordStore.Listener<R> listener) {
    return new Watch<>(namespace, new WatchedResource<>(name, objects, reader, listener));
  }

  public void start() {
    watches.forEach(watch -> watch.resource().start());
  }

  /** Watches everything on new connections. */
  public void restart() {
    watches.forEach(watch -> watch.resource().restart());
  }

  /**
   * Lists everything again if the API server's state is older than the one that a watch reported.
   */
  public void restartIfStateWentBack() {
    watches.forEach(watch -> watch.resource().restartIfStateWentBack());
  }

  /**
   * Returns whether every watch has listed all of its objects once, except those of {@link
   * #unreadable} namespaces, for which the others do not wait.
   */
  public boolean hasSynced() {
    return unsynced().isEmpty();
  }

  /**
   * Returns why not every watch has listed all of its objects once; empty if {@link #hasSynced}.
   */
  public Optional<String> unsynced() {
    return readable().flatMap(resource -> resource.unsynced().stream()).findFirst();
  }

  private Stream<WatchedResource<R>> readable() {
    return watches.stream()
        .filter(watch -> watch.namespace().isEmpty() || watch.resource().refusal().isEmpty())
        .map(Watch::resource);
  }

  /**
   * Returns the chosen namespaces that the API server refuses to list or watch, with the reason.
   */
  public Map<String, String> unreadable() {
    Map<String, String> unreadable = new HashMap<>();
    for (Watch<R> watch : watches) {
      if (!watch.namespace().isEmpty()) {
        watch.resource().refusal().ifPresent(why -> unreadable.put(watch.namespace(), why));
      }
    }
    return unreadable;
  }

  /**
   * Returns the record of the object with this name, {@code namespace/name} if it has a namespace.
   */
  public Optional<R> get(String key) {
    return watches.stream().flatMap(watch -> watch.resource().get(key).stream()).findFirst();
  }

  public Stream<R> all() {
    return watches.stream().flatMap(watch -> watch.resource().all());
  }

  /** Returns the number of objects with a record. */
  public long size() {
    return watches.stream().mapToLong(watch -> watch.resource().size()).sum();
  }

  /** Returns how many times the watches were started again. */
  public long restarts() {
    return watches.stream().mapToLong(watch -> watch.resource().restarts()).sum();
  }

  /**
   * Returns when the API server last reported something on the watch that is silent for the longest
   * time, except those of {@link #unreadable} namespaces; empty if it has reported nothing yet.
   */
  public Optional<Instant> lastEvent() {
    List<Optional<Instant>> events = readable().map(WatchedResource::lastEvent).toList();
    return events.contains(Optional.<Instant>empty())
        ? Optional.empty()
        : events.stream().flatMap(Optional::stream).min(Comparator.naturalOrder());
  }

  public void stop() {
    watches.forEach(watch -> watch.resource().stop());
  }
}
