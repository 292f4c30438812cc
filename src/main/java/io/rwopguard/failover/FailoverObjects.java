package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.cluster.Preconditions;
import io.rwopguard.cluster.Resources;
import io.rwopguard.cluster.SharedRead;
import io.rwopguard.failover.ClusterApi.PatchKind;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.OwnTaints;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * The cluster's objects, read live and written with care: no write is begun by who is not certain
 * to lead, and each names what it was decided on, so that it is refused where that has changed.
 */
final class FailoverObjects {

  static final String NODE_LEASES = "kube-node-lease";

  private static final JsonMapper JSON = new JsonMapper();

  /** The workloads whose status the chart grants the right to patch. */
  private static final Set<Kind> ANNOTATED =
      Set.of(Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.REPLICATION_CONTROLLER);

  private final ClusterApi api;
  private final VersionedWrites writes;

  /** All of them: the API server knows no selector for those of a node. */
  private final SharedRead<List<JsonNode>> attachments;

  FailoverObjects(KubernetesClient client, BooleanSupplier mayWrite) {
    this(KubernetesClusterApi.patient(client), mayWrite);
  }

  FailoverObjects(ClusterApi api, BooleanSupplier mayWrite) {
    this.api = api;
    this.writes = new VersionedWrites(api, mayWrite);
    this.attachments = new SharedRead<>(() -> api.list(Resources.VOLUME_ATTACHMENTS, "", "", ""));
  }

  Optional<JsonNode> node(String name) {
    return api.get(Resources.NODES, "", name);
  }

  Optional<JsonNode> nodeLease(String node) {
    return api.get(Resources.LEASES, NODE_LEASES, node);
  }

  Optional<JsonNode> attachment(String name) {
    return api.get(Resources.VOLUME_ATTACHMENTS, "", name);
  }

  Optional<JsonNode> object(ObjectKey key) {
    return api.get(Resources.of(key.kind()), key.namespace(), key.name());
  }

  /** Reads an object. */
  Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return api.get(type, namespace, name);
  }

  /** Lists the objects with these labels. */
  List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, Map<String, String> labels) {
    String selector =
        labels.entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .sorted()
            .collect(Collectors.joining(","));
    return api.list(type, namespace, selector, "");
  }

  /** Lists the Pods that are bound to a node, of all namespaces. */
  List<JsonNode> podsOn(String node) {
    return api.list(Resources.of(Kind.POD), "", "", "spec.nodeName=" + node);
  }

  /** Lists the VolumeAttachments of a node, in one read for all that ask at the same time. */
  List<JsonNode> attachmentsOn(String node) {
    return attachments.get().stream()
        .filter(each -> each.path("spec").path("nodeName").asText().equals(node))
        .toList();
  }

  /** The UID of the namespace that every cluster has from its first second; its identity. */
  String clusterUid() {
    return api.get(Resources.NAMESPACES, "", "kube-system")
        .map(namespace -> namespace.path("metadata").path("uid").asText())
        .filter(uid -> !uid.isEmpty())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "namespace kube-system cannot be read, whose UID tells records of this cluster from those of another; give the controller the right to get it"));
  }

  /** Creates an object; empty if one of its name exists. */
  Optional<JsonNode> create(ResourceDefinitionContext type, String namespace, JsonNode object) {
    return writes.create(type, namespace, object);
  }

  /** Replaces an object; empty if it is no longer as it was read. */
  Optional<JsonNode> replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    return writes.replace(type, namespace, object);
  }

  /** Deletes an object; false if it is no longer as it was read. */
  boolean delete(ResourceDefinitionContext type, JsonNode object) {
    return writes.delete(type, object);
  }

  /**
   * Shows annotations on the Lease beside a claim, for people. Nothing is ever read back from
   * there.
   *
   * @param annotations null removes one
   */
  boolean show(ClaimKey claim, Map<String, String> annotations) {
    JsonNode lease =
        api.get(Resources.LEASES, claim.namespace(), PrimaryLease.nameOf(claim)).orElse(null);
    if (lease == null || !PrimaryLease.isOwn(lease)) {
      return false;
    }
    ObjectNode patch = Preconditions.mergePatchOf(lease);
    ObjectNode written = patch.withObject("/metadata").putObject("annotations");
    annotations.forEach((String name, String value) -> written.put(name, value));
    return writes.patch(Resources.LEASES, lease, "", PatchKind.MERGE, patch);
  }

  /** Changes a Lease that is still as it was read. */
  boolean patchLease(JsonNode lease, ArrayNode patch) {
    return writes.patch(Resources.LEASES, lease, "", PatchKind.JSON, patch);
  }

  /**
   * Writes an annotation of a workload by its subresource {@code status}: the API server takes
   * annotations from such a patch, and ignores the spec in it. The right to it runs no code. Other
   * kinds get no annotation.
   */
  boolean annotate(ObjectKey workload, String name, String value) {
    if (!ANNOTATED.contains(workload.kind())) {
      return false;
    }
    JsonNode read = object(workload).orElse(null);
    if (read == null) {
      return false;
    }
    ObjectNode patch = Preconditions.mergePatchOf(read);
    patch.withObject("/metadata").putObject("annotations").put(name, value);
    return writes.patch(Resources.of(workload.kind()), read, "status", PatchKind.MERGE, patch);
  }

  /**
   * Adds a taint to a node that is still as it was read.
   *
   * @return false if it was changed, or if the place is taken by a taint that is not ours
   */
  boolean taint(JsonNode node, Taint taint) {
    ArrayNode patch = Preconditions.patchOf(node);
    ObjectNode value = JSON.createObjectNode();
    value.put("key", taint.key()).put("value", taint.value()).put("effect", taint.effect());
    List<Taint> taints = NodeReader.taints(node);
    int weaker = indexOf(taints, taint);
    if (weaker >= 0 && !OwnTaints.isOwn(taints.get(weaker))) {
      return false;
    }
    if (weaker >= 0) {
      // a node has one taint of a key and effect
      patch
          .addObject()
          .put("op", "replace")
          .put("path", "/spec/taints/" + weaker)
          .set("value", value);
    } else if (node.path("spec").path("taints").isArray()) {
      patch.addObject().put("op", "add").put("path", "/spec/taints/-").set("value", value);
    } else {
      patch
          .addObject()
          .put("op", "add")
          .put("path", "/spec/taints")
          .set("value", JSON.createArrayNode().add(value));
    }
    return patchNode(node, "", patch);
  }

  /**
   * Writes a taint that is there once more, so that the node has another version: whatever was to
   * be written to it as it was is refused from now on.
   */
  boolean renewTaint(JsonNode node, Taint taint, Instant now) {
    int index = NodeReader.taints(node).indexOf(taint);
    if (index < 0) {
      return false;
    }
    String before = node.at("/spec/taints/%d/timeAdded".formatted(index)).asText("");
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    // the same time once more would change nothing
    Instant added = second.toString().equals(before) ? second.plusSeconds(1) : second;
    ArrayNode patch = Preconditions.patchOf(node);
    patch
        .addObject()
        .put("op", "add")
        .put("path", "/spec/taints/%d/timeAdded".formatted(index))
        .put("value", added.toString());
    return patchNode(node, "", patch);
  }

  private static int indexOf(List<Taint> taints, Taint like) {
    for (int i = 0; i < taints.size(); i++) {
      if (taints.get(i).key().equals(like.key()) && taints.get(i).effect().equals(like.effect())) {
        return i;
      }
    }
    return -1;
  }

  /** Takes a taint from a node that is still as it was read. */
  boolean untaint(JsonNode node, Taint taint) {
    ArrayNode patch = Preconditions.patchOf(node);
    int index = NodeReader.taints(node).indexOf(taint);
    if (index < 0) {
      return true;
    }
    patch.addObject().put("op", "remove").put("path", "/spec/taints/" + index);
    return patchNode(node, "", patch);
  }

  private boolean patchNode(JsonNode node, String subresource, ArrayNode patch) {
    return writes.patch(Resources.NODES, node, subresource, PatchKind.JSON, patch);
  }

  /** Takes a volume out of those that a node says it uses. */
  boolean takeFromNode(JsonNode node, String volume) {
    int index = 0;
    for (JsonNode each : node.path("status").path("volumesInUse")) {
      if (each.asText().equals(volume)) {
        ArrayNode patch = Preconditions.patchOf(node);
        patch.addObject().put("op", "remove").put("path", "/status/volumesInUse/" + index);
        return patchNode(node, "status", patch);
      }
      index++;
    }
    return true;
  }

  /** Deletes a Pod at once, if it is still the one that was read, and as it was. */
  boolean forceDelete(String namespace, String pod, String uid, String resourceVersion) {
    ObjectNode options = Preconditions.deletionOf(uid, resourceVersion);
    options.put("gracePeriodSeconds", 0);
    ObjectNode read = JSON.createObjectNode();
    read.putObject("metadata")
        .put("namespace", namespace)
        .put("name", pod)
        .put("uid", uid)
        .put("resourceVersion", resourceVersion);
    return writes.delete(Resources.of(Kind.POD), read, options);
  }

  /** Deletes a VolumeAttachment that is still as it was read. */
  boolean deleteAttachment(JsonNode attachment) {
    return delete(Resources.VOLUME_ATTACHMENTS, attachment);
  }
}
