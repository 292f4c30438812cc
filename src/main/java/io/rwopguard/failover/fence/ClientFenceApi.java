package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.cluster.ObjectTree;
import io.rwopguard.cluster.Preconditions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Talks to an API server, and starts no write without certain leadership. */
public final class ClientFenceApi implements FenceApi {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private final KubernetesClient client;
  private final BooleanSupplier mayWrite;

  /**
   * Creates the connection.
   *
   * @param mayWrite whether this replica is certain to lead
   */
  public ClientFenceApi(KubernetesClient client, BooleanSupplier mayWrite) {
    this.client =
        client
            .newClient(
                new RequestConfigBuilder()
                    .withRequestTimeout(Math.toIntExact(TIMEOUT.toMillis()))
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .adapt(KubernetesClient.class);
    this.mayWrite = mayWrite;
  }

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    var all = client.genericKubernetesResources(type);
    Resource<GenericKubernetesResource> one =
        namespace.isEmpty() ? all.withName(name) : all.inNamespace(namespace).withName(name);
    return Optional.ofNullable(one.get()).map(ObjectTree::of);
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String label, String value) {
    ListOptions options = new ListOptions();
    if (!label.isEmpty()) {
      options.setLabelSelector(label + "=" + value);
    }
    var all = client.genericKubernetesResources(type);
    return (namespace.isEmpty() ? all.inAnyNamespace() : all.inNamespace(namespace))
        .list(options).getItems().stream().map(ObjectTree::of).toList();
  }

  @Override
  public boolean create(ResourceDefinitionContext type, ObjectNode object) {
    return write(() -> client.raw(path(type, object, false), "POST", object.toString()));
  }

  @Override
  public boolean replace(ResourceDefinitionContext type, ObjectNode object) {
    return write(() -> client.raw(path(type, object, true), "PUT", object.toString()));
  }

  @Override
  public boolean delete(ResourceDefinitionContext type, JsonNode object) {
    ObjectNode options = Preconditions.deletionOf(object.path("metadata").path("uid").asText());
    options
        .withObject("/preconditions")
        .put("resourceVersion", object.path("metadata").path("resourceVersion").asText());
    return write(() -> client.raw(path(type, object, true), "DELETE", options.toString()));
  }

  private static String path(ResourceDefinitionContext type, JsonNode object, boolean named) {
    JsonNode metadata = object.path("metadata");
    StringBuilder path = new StringBuilder();
    path.append(type.getGroup().isEmpty() ? "/api/" : "/apis/" + type.getGroup() + "/")
        .append(type.getVersion());
    if (type.isNamespaceScoped()) {
      path.append("/namespaces/").append(metadata.path("namespace").asText());
    }
    path.append('/').append(type.getPlural());
    if (named) {
      path.append('/').append(metadata.path("name").asText());
    }
    return path.toString();
  }

  private boolean write(Runnable write) {
    if (!mayWrite.getAsBoolean()) {
      throw new IllegalStateException("this replica is not certain to lead");
    }
    try {
      write.run();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND || e.getCode() == CONFLICT) {
        return false;
      }
      throw e;
    }
  }
}
