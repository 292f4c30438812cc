package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Optional;

/**
 * The part of the Kubernetes API that fences need. A write names the version that was read, and
 * returns false if the object is no longer that version. Any other failure is an exception.
 */
public interface FenceApi {

  /** Returns an object as it is now; the namespace of a cluster-scoped object is empty. */
  Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name);

  /** Returns all objects; an empty namespace or label means any. */
  List<JsonNode> list(ResourceDefinitionContext type, String namespace, String label, String value);

  /** Creates an object; returns false if one with this name exists. */
  boolean create(ResourceDefinitionContext type, ObjectNode object);

  /** Replaces an object; its {@code metadata.resourceVersion} is the version that was read. */
  boolean replace(ResourceDefinitionContext type, ObjectNode object);

  /** Deletes the object that was read; returns false if it is no longer that version. */
  boolean delete(ResourceDefinitionContext type, JsonNode object);
}
