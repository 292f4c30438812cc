package io.rwopguard.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The objects of one kind that a process may read: one watch of the whole cluster, or one of each
 * namespace, so that Roles in these namespaces suffice. Cluster-scoped objects are always watched
 * in the whole cluster, except Namespaces, which are watched by their names.
 */
public final class WatchedNamespaces<R> {

  private final List<WatchedResource<R>> watches;

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
    watches =
        choices(client, resource, namespaces, labels).stream()
            .map(choice -> new WatchedResource<>(resource.getPlural(), choice, reader, listener))
            .toList();
  }

  private static List<Informable<GenericKubernetesResource>> choices(
      KubernetesClient client,
      ResourceDefinitionContext resource,
      Set<String> namespaces,
      Map<String, String> labels) {
    var all = client.genericKubernetesResources(resource);
    if (resource.isNamespaceScoped() && namespaces.isEmpty()) {
      return List.of(all.inAnyNamespace().withLabels(labels));
    }
    if (resource.isNamespaceScoped()) {
      return namespaces.stream()
          .<Informable<GenericKubernetesResource>>map(
              namespace -> all.inNamespace(namespace).withLabels(labels))
          .toList();
    }
    boolean byName = resource.getPlural().equals(Resources.NAMESPACES.getPlural());
    if (byName && !namespaces.isEmpty()) {
      return namespaces.stream()
          .<Informable<GenericKubernetesResource>>map(
              namespace -> all.withField("metadata.name", namespace))
          .toList();
    }
    return List.of(all.withLabels(labels));
  }

  public void start() {
    watches.forEach(WatchedResource::start);
  }

  /** Watches everything on new connections. */
  public void restart() {
    watches.forEach(WatchedResource::restart);
  }

  /** Whether every watch has seen all of its objects once. */
  public boolean hasSynced() {
    return watches.stream().allMatch(WatchedResource::hasSynced);
  }

  /** What is kept of the object of this name, {@code namespace/name} where it has a namespace. */
  public Optional<R> get(String key) {
    return watches.stream().flatMap(watch -> watch.get(key).stream()).findFirst();
  }

  public Stream<R> all() {
    return watches.stream().flatMap(WatchedResource::all);
  }

  public void stop() {
    watches.forEach(WatchedResource::stop);
  }
}
