package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.rwopguard.kube.ObjectTree;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Iterates over the objects of a cluster, with one page of them in memory at a time. */
public final class ClusterPages {

  /** The default number of objects in one response, the same as kubectl's. */
  public static final int CHUNK = 500;

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final int chunk;

  /**
   * Creates an iterator over some namespaces or all.
   *
   * @param namespaces all if there are none; objects outside namespaces are always included
   * @param chunk the maximum number of objects in a response of the API server
   */
  public ClusterPages(KubernetesClient client, Set<String> namespaces, int chunk) {
    this.client = client;
    this.namespaces = Set.copyOf(namespaces);
    this.chunk = chunk;
  }

  /**
   * Returns the number of objects of a kind.
   *
   * @throws KubernetesClientException if they may not be listed, or the API server does not answer
   */
  public long count(Kind kind) {
    long sum = 0;
    for (Listable<GenericKubernetesResourceList> objects : objects(kind)) {
      GenericKubernetesResourceList first = objects.list(options(1, null));
      Long others = first.getMetadata().getRemainingItemCount();
      sum += first.getItems().size() + (others == null ? 0 : others);
    }
    return sum;
  }

  /**
   * Passes on every object of a kind, without the fields that nothing reads.
   *
   * @throws KubernetesClientException if they may not be listed, or the API server does not answer
   */
  public void forEach(Kind kind, Consumer<ObjectNode> reader) {
    for (Listable<GenericKubernetesResourceList> objects : objects(kind)) {
      Optional<String> next = Optional.empty();
      do {
        GenericKubernetesResourceList page = page(objects, next.orElse(null));
        for (GenericKubernetesResource object : page.getItems()) {
          reader.accept((ObjectNode) ObjectTree.of(object));
        }
        next = Optional.ofNullable(page.getMetadata().getContinue()).filter(t -> !t.isEmpty());
      } while (next.isPresent());
    }
  }

  private GenericKubernetesResourceList page(
      Listable<GenericKubernetesResourceList> objects, String from) {
    try {
      return objects.list(options(chunk, from));
    } catch (KubernetesClientException e) {
      return objects.list(options(chunk, continuation(e).orElseThrow(() -> e)));
    }
  }

  /**
   * Returns the token that continues a list after the API server has forgotten its start (after
   * five minutes). The list continues at the same place, with the objects that exist now.
   */
  static Optional<String> continuation(KubernetesClientException failure) {
    return Optional.ofNullable(failure.getStatus())
        .filter(status -> failure.getCode() == HttpURLConnection.HTTP_GONE)
        .map(status -> status.getMetadata())
        .map(metadata -> metadata.getContinue())
        .filter(token -> !token.isEmpty());
  }

  private List<? extends Listable<GenericKubernetesResourceList>> objects(Kind kind) {
    var all = client.genericKubernetesResources(Resources.of(kind));
    if (kind == Kind.PERSISTENT_VOLUME) {
      return List.of(all);
    }
    return namespaces.isEmpty()
        ? List.of(all.inAnyNamespace())
        : namespaces.stream().sorted().map(all::inNamespace).toList();
  }

  private static ListOptions options(long limit, String from) {
    return new ListOptionsBuilder().withLimit(limit).withContinue(from).build();
  }
}
