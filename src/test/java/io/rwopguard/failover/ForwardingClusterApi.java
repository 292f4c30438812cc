package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Optional;

/** Passes every request on; a test overrides those that it disturbs. */
abstract class ForwardingClusterApi implements ClusterApi {

  private final ClusterApi api;

  ForwardingClusterApi(ClusterApi api) {
    this.api = api;
  }

  /** Is called before each write to the object of this name; what it throws is the answer. */
  void beforeWrite(String name) {}

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return api.get(type, namespace, name);
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String labels, String fields) {
    return api.list(type, namespace, labels, fields);
  }

  @Override
  public JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object) {
    beforeWrite(object.path("metadata").path("name").asText());
    return api.create(type, namespace, object);
  }

  @Override
  public JsonNode patch(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String subresource,
      PatchKind kind,
      JsonNode patch) {
    beforeWrite(name);
    return api.patch(type, namespace, name, subresource, kind, patch);
  }

  @Override
  public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    beforeWrite(object.path("metadata").path("name").asText());
    return api.replace(type, namespace, object);
  }

  @Override
  public void delete(
      ResourceDefinitionContext type, String namespace, String name, JsonNode options) {
    beforeWrite(name);
    api.delete(type, namespace, name, options);
  }
}
