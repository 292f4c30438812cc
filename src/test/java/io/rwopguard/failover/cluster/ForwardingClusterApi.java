package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Optional;

/** Passes every request on; a test overrides those that it disturbs. */
public abstract class ForwardingClusterApi implements ClusterApi {

  private final ClusterApi api;

  protected ForwardingClusterApi(ClusterApi api) {
    this.api = api;
  }

  /**
   * Hook that is called before each write to the object of this name. An exception it throws is the
   * answer.
   */
  protected void beforeWrite(String name) {}

  /** Hook that is called before each write as well, with the body. */
  protected void beforeWrite(
      String verb, ResourceDefinitionContext type, String name, JsonNode body) {
    beforeWrite(name);
  }

  /** Hook that is called after each request that was answered. */
  protected void afterRequest() {}

  private <T> T answered(T answer) {
    afterRequest();
    return answer;
  }

  private static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return answered(api.get(type, namespace, name));
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String labels, String fields) {
    return answered(api.list(type, namespace, labels, fields));
  }

  @Override
  public JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object) {
    beforeWrite("create", type, name(object), object);
    return answered(api.create(type, namespace, object));
  }

  @Override
  public JsonNode patch(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String subresource,
      PatchKind kind,
      JsonNode patch) {
    beforeWrite("patch", type, name, patch);
    return answered(api.patch(type, namespace, name, subresource, kind, patch));
  }

  @Override
  public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    beforeWrite("replace", type, name(object), object);
    return answered(api.replace(type, namespace, object));
  }

  @Override
  public void delete(
      ResourceDefinitionContext type, String namespace, String name, JsonNode options) {
    beforeWrite("delete", type, name, options);
    api.delete(type, namespace, name, options);
    afterRequest();
  }
}
