package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Optional;

/**
 * Sends single requests to the API server, without retries. The namespace of a cluster-scoped
 * object is empty. A request that the API server refuses, or does not answer in time, throws a
 * {@link KubernetesClientException}. It has the status code, if there is one.
 */
public interface ClusterApi {

  /** The formats of a patch. */
  enum PatchKind {
    /** A JSON Patch (RFC 6902). */
    JSON,
    /** A JSON Merge Patch (RFC 7396). */
    MERGE
  }

  /** Returns an object; empty if it does not exist. */
  Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name);

  /**
   * Lists objects.
   *
   * @param namespace empty for all namespaces
   * @param labels a label selector, or empty for all objects
   * @param fields a field selector, or empty for all objects
   */
  List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String labels, String fields);

  /**
   * Returns whether an object is as it was read, which distinguishes a write that was denied from
   * one that came too late.
   */
  default boolean isAsRead(ResourceDefinitionContext type, JsonNode object) {
    JsonNode read = KubeObject.of(object).metadata();
    return get(type, read.path("namespace").asText(""), read.path("name").asText())
        .map(now -> KubeObject.of(now).metadata())
        .filter(now -> now.path("uid").equals(read.path("uid")))
        .filter(now -> now.path("resourceVersion").equals(read.path("resourceVersion")))
        .isPresent();
  }

  /** Creates an object. */
  JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object);

  /**
   * Patches an object.
   *
   * @param subresource empty for the object itself
   */
  JsonNode patch(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String subresource,
      PatchKind kind,
      JsonNode patch);

  /** Replaces the object of the same name, if it still has the given resource version. */
  JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object);

  /**
   * Deletes an object.
   *
   * @param options the DeleteOptions, which hold the preconditions
   */
  void delete(ResourceDefinitionContext type, String namespace, String name, JsonNode options);
}
