package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.rwopguard.cluster.ObjectTree;
import io.rwopguard.cluster.Resources;
import io.rwopguard.workload.Kind;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Goes through the objects of a cluster, with one page of them in memory at a time. */
public final class ClusterPages {

  /** Objects in one answer, where nobody says otherwise; as kubectl does. */
  public static final int CHUNK = 500;

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final int chunk;

  /**
   * Looks at some namespaces or at all.
   *
   * @param namespaces all if there are none; what lies in no namespace is always looked at
   * @param chunk how many objects an answer of the API server holds at the most
   */
  public ClusterPages(KubernetesClient client, Set<String> namespaces, int chunk) {
    this.client = client;
    this.namespaces = Set.copyOf(namespaces);
    this.chunk = chunk;
  }

  /**
   * How many objects of a kind there are.
   *
   * @throws KubernetesClientException if they may not be listed, or nobody answers
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
   * Passes on every object of a kind, without what nobody reads.
   *
   * @throws KubernetesClientException if they may not be listed, or nobody answers
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
   * Where a list goes on that has taken longer than the API server remembers its beginning (five
   * minutes): from the same place, with what is there now.
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
