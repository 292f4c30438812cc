package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.cluster.Preconditions;
import io.rwopguard.failover.fence.FenceApi;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The fences' part of the Kubernetes API, over single requests. It starts no write without certain
 * leadership.
 *
 * @param mayWrite whether this replica is certain to lead
 */
public record ClusterFenceApi(ClusterApi api, BooleanSupplier mayWrite) implements FenceApi {

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  /** The object that was read is gone, or is no longer as it was. */
  private static final Set<Integer> CHANGED = Set.of(NOT_FOUND, CONFLICT);

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
    // 404 means that the resource type or the namespace does not exist, which is a failure
    return FailoverObjects.write(
        mayWrite, Set.of(CONFLICT), () -> api.create(type, namespace(object), object));
  }

  @Override
  public boolean replace(ResourceDefinitionContext type, ObjectNode object) {
    return FailoverObjects.write(
        mayWrite, CHANGED, () -> api.replace(type, namespace(object), object));
  }

  @Override
  public boolean delete(ResourceDefinitionContext type, JsonNode object) {
    return FailoverObjects.write(
        mayWrite,
        CHANGED,
        () ->
            api.delete(
                type,
                namespace(object),
                object.path("metadata").path("name").asText(),
                Preconditions.deletionOf(object)));
  }

  private static String namespace(JsonNode object) {
    return object.path("metadata").path("namespace").asText("");
  }
}
