package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterApi.PatchKind;
import io.rwopguard.kube.Preconditions;
import io.rwopguard.model.KubeObject;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Writes objects, and names the version that was read in each write. It sends none without certain
 * leadership.
 *
 * <p>The API server answers a write to a changed object with 409, or with 422 for a JSON Patch. If
 * the object is gone, it answers with 404. It answers likewise if an admission policy (422) or a
 * webhook (any code) denies the write. This class reads the object again to distinguish the two. A
 * denial is a failure, which is reported.
 *
 * @param mayWrite whether this replica is certain to lead
 */
public record VersionedWrites(ClusterApi api, BooleanSupplier mayWrite) {

  /** The HTTP status of a request for an object that does not exist. */
  public static final int NOT_FOUND = 404;

  static final int CONFLICT = 409;
  static final int UNPROCESSABLE = 422;

  /** The codes that a changed object and a denied write have in common. */
  private static final Set<Integer> CHANGED_OR_DENIED = Set.of(NOT_FOUND, CONFLICT, UNPROCESSABLE);

  /**
   * Creates an object; empty if one of the same name exists.
   *
   * @throws KubernetesClientException if it is denied, or if its namespace or its type is unknown
   */
  public Optional<JsonNode> create(
      ResourceDefinitionContext type, String namespace, JsonNode object) {
    try {
      return Optional.of(send(type, namespace, object));
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
    }
    if (api.get(type, namespace, name(object)).isPresent()) {
      return Optional.empty();
    }
    // it was deleted meanwhile, or a quota was updated at the same time; a denial is repeated
    return Optional.of(send(type, namespace, object));
  }

  private JsonNode send(ResourceDefinitionContext type, String namespace, JsonNode object) {
    checkLeadership();
    return api.create(type, namespace, object);
  }

  /** Replaces an object; empty if it is gone or no longer as it was read. */
  Optional<JsonNode> replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    return write(type, object, () -> api.replace(type, namespace, object));
  }

  /** Deletes an object; false if it is gone or no longer as it was read. */
  public boolean delete(ResourceDefinitionContext type, JsonNode read) {
    return delete(type, read, Preconditions.deletionOf(read));
  }

  /**
   * Deletes an object with options.
   *
   * @param options must name the UID and the version that was read
   * @return false if it is gone or no longer as it was read
   */
  boolean delete(ResourceDefinitionContext type, JsonNode read, ObjectNode options) {
    return write(
            type,
            read,
            () -> {
              api.delete(type, namespace(read), name(read), options);
              return read;
            })
        .isPresent();
  }

  /**
   * Patches an object.
   *
   * @param subresource empty for the object itself
   * @param patch must name the version that was read
   * @return false if it is gone or no longer as it was read
   */
  public boolean patch(
      ResourceDefinitionContext type,
      JsonNode read,
      String subresource,
      PatchKind kind,
      JsonNode patch) {
    return write(
            type,
            read,
            () -> api.patch(type, namespace(read), name(read), subresource, kind, patch))
        .isPresent();
  }

  private Optional<JsonNode> write(
      ResourceDefinitionContext type, JsonNode read, Supplier<JsonNode> write) {
    checkLeadership();
    try {
      return Optional.of(write.get());
    } catch (KubernetesClientException e) {
      if (CHANGED_OR_DENIED.contains(e.getCode()) && !isAsRead(type, read, e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Returns whether an object is as it was read; true if unknown, so the refusal is a failure. */
  private boolean isAsRead(
      ResourceDefinitionContext type, JsonNode read, KubernetesClientException refusal) {
    try {
      return api.isAsRead(type, read);
    } catch (KubernetesClientException e) {
      refusal.addSuppressed(e);
      return true;
    }
  }

  private void checkLeadership() {
    if (!mayWrite.getAsBoolean()) {
      throw new NotLeaderException();
    }
  }

  private static String namespace(JsonNode object) {
    return KubeObject.of(object).namespace();
  }

  private static String name(JsonNode object) {
    return KubeObject.of(object).name();
  }
}
