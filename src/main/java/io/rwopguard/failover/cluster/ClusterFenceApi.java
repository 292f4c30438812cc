package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.fence.FenceApi;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The part of the Kubernetes API that fences use, over single requests. It starts no write without
 * certain leadership.
 *
 * @param mayWrite whether this replica is certain to lead
 */
public record ClusterFenceApi(ClusterApi api, BooleanSupplier mayWrite) implements FenceApi {

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
    return writes().create(type, KubeObject.of(object).namespace(), object).isPresent();
  }

  @Override
  public boolean replace(ResourceDefinitionContext type, ObjectNode object) {
    return writes().replace(type, KubeObject.of(object).namespace(), object).isPresent();
  }

  @Override
  public boolean delete(ResourceDefinitionContext type, JsonNode object) {
    return writes().delete(type, object);
  }

  private VersionedWrites writes() {
    return new VersionedWrites(api, mayWrite);
  }
}
