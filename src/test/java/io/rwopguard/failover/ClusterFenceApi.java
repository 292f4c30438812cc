package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.fence.FenceApi;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The fences' part of the Kubernetes API, over single requests. */
record ClusterFenceApi(ClusterApi api, BooleanSupplier mayWrite) implements FenceApi {

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return api.get(type, namespace, name);
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String label, String value) {
    return api.list(type, namespace, label.isEmpty() ? "" : label + "=" + value, "");
  }

  @Override
  public boolean create(ResourceDefinitionContext type, ObjectNode object) {
    return write(() -> api.create(type, namespace(object), object));
  }

  @Override
  public boolean replace(ResourceDefinitionContext type, ObjectNode object) {
    return write(() -> api.replace(type, namespace(object), object));
  }

  @Override
  public boolean delete(ResourceDefinitionContext type, JsonNode object) {
    return write(
        () ->
            api.delete(
                type,
                namespace(object),
                object.path("metadata").path("name").asText(),
                FailoverRecords.deletionOf(object)));
  }

  private static String namespace(JsonNode object) {
    return object.path("metadata").path("namespace").asText("");
  }

  private boolean write(Runnable write) {
    if (!mayWrite.getAsBoolean()) {
      throw new NotLeaderException();
    }
    try {
      write.run();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == 404 || e.getCode() == 409) {
        return false;
      }
      throw e;
    }
  }
}
