package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.kube.ObjectTree;
import io.rwopguard.kube.SingleRequests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sends requests through the Kubernetes client, each with a timeout and without retries. */
public final class KubernetesClusterApi implements ClusterApi {

  /** A request that starts before the renewal deadline must end before the Lease expires. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The objects in one response, which takes up its whole size in memory at once. */
  private static final long PAGE = 500;

  private static final JsonMapper JSON = new JsonMapper();
  private static final int NOT_FOUND = 404;

  private final KubernetesClient client;

  /** Creates an API for the controller, whose requests must end before its Lease does. */
  public KubernetesClusterApi(KubernetesClient client) {
    this(client, TIMEOUT);
  }

  /** Returns an API for a command, for which a person or a Job waits. */
  public static KubernetesClusterApi patient(KubernetesClient client) {
    return new KubernetesClusterApi(client, PATIENCE);
  }

  private KubernetesClusterApi(KubernetesClient client, Duration timeout) {
    this.client = SingleRequests.within(timeout, client);
  }

  private NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      in(ResourceDefinitionContext type, String namespace) {
    var all = client.genericKubernetesResources(type);
    return namespace.isEmpty() ? all : all.inNamespace(namespace);
  }

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return Optional.ofNullable(in(type, namespace).withName(name).get()).map(ObjectTree::of);
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String labels, String fields) {
    ListOptionsBuilder options = new ListOptionsBuilder();
    if (!labels.isEmpty()) {
      options.withLabelSelector(labels);
    }
    if (!fields.isEmpty()) {
      options.withFieldSelector(fields);
    }
    var all = client.genericKubernetesResources(type);
    var objects = namespace.isEmpty() ? all.inAnyNamespace() : all.inNamespace(namespace);
    List<JsonNode> found = new ArrayList<>();
    String next = null;
    do {
      GenericKubernetesResourceList page =
          objects.list(options.withLimit(PAGE).withContinue(next).build());
      page.getItems().forEach(item -> found.add(ObjectTree.of(item)));
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
    return found;
  }

  @Override
  public JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object) {
    return ObjectTree.of(in(type, namespace).resource(resource(object)).create());
  }

  private static GenericKubernetesResource resource(JsonNode object) {
    return JSON.convertValue(object, GenericKubernetesResource.class);
  }

  @Override
  public JsonNode patch(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String subresource,
      PatchKind kind,
      JsonNode patch) {
    PatchContext context =
        PatchContext.of(
            switch (kind) {
              case JSON -> PatchType.JSON;
              case MERGE -> PatchType.JSON_MERGE;
            });
    // with an object and not its name, for which the client would first get the object
    GenericKubernetesResource named = new GenericKubernetesResource();
    named.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withNamespace(namespace.isEmpty() ? null : namespace)
            .build());
    Resource<GenericKubernetesResource> object = in(type, namespace).resource(named);
    return ObjectTree.of(
        subresource.isEmpty()
            ? object.patch(context, patch.toString())
            : object.subresource(subresource).patch(context, patch.toString()));
  }

  @Override
  public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    return ObjectTree.of(in(type, namespace).resource(resource(object)).update());
  }

  @Override
  public void delete(
      ResourceDefinitionContext type, String namespace, String name, JsonNode options) {
    String group = type.getGroup() == null ? "" : type.getGroup();
    String path =
        "%s/%s%s/%s/%s"
            .formatted(
                group.isEmpty() ? "/api" : "/apis/" + group,
                type.getVersion(),
                namespace.isEmpty() ? "" : "/namespaces/" + namespace,
                type.getPlural(),
                name);
    if (client.raw(path, "DELETE", options.toString()) == null) {
      // the client returns null where the API server answers 404
      throw new KubernetesClientException(
          "%s %s does not exist".formatted(type.getPlural(), name), NOT_FOUND, null);
    }
  }
}
