package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterApi.PatchKind;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.kube.Preconditions;
import io.rwopguard.kube.Resources;
import io.rwopguard.kube.SharedRead;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Reads the cluster's objects live, and writes them with care. A replica that is not certain to
 * lead starts no write. Each write names the version that was read, so the API server refuses it if
 * the object has changed.
 */
public final class FailoverStore {

  /** The namespace in which the nodes renew their Leases. */
  public static final String NODE_LEASES = "kube-node-lease";

  /** The suffix of the Lease of the replicas' reports, after the name of the election's Lease. */
  public static final String PROBES_SUFFIX = "-probes";

  private static final JsonMapper JSON = new JsonMapper();

  /** The workloads whose status the chart allows the controller to patch. */
  private static final Set<Kind> ANNOTATED =
      Set.of(Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.REPLICATION_CONTROLLER);

  private final ClusterApi api;
  private final VersionedWrites writes;

  /** The VolumeAttachments of all nodes: the API server has no selector for those of one node. */
  private final SharedRead<List<JsonNode>> attachments;

  /**
   * Creates a store for a command, for which a person or a Job waits.
   *
   * @param mayWrite whether this process may write
   */
  public FailoverStore(KubernetesClient client, BooleanSupplier mayWrite) {
    this(KubernetesClusterApi.patient(client), mayWrite);
  }

  /**
   * Creates a store for the controller.
   *
   * @param mayWrite whether this replica is certain to lead
   */
  public FailoverStore(ClusterApi api, BooleanSupplier mayWrite) {
    this.api = api;
    this.writes = new VersionedWrites(api, mayWrite);
    this.attachments = new SharedRead<>(() -> api.list(Resources.VOLUME_ATTACHMENTS, "", "", ""));
  }

  /** Returns a Node; empty if it does not exist. */
  public Optional<JsonNode> node(String name) {
    return api.get(Resources.NODES, "", name);
  }

  /** Returns the Lease that a node renews; empty if it does not exist. */
  public Optional<JsonNode> nodeLease(String node) {
    return api.get(Resources.LEASES, NODE_LEASES, node);
  }

  /** Returns a VolumeAttachment; empty if it does not exist. */
  public Optional<JsonNode> attachment(String name) {
    return api.get(Resources.VOLUME_ATTACHMENTS, "", name);
  }

  /** Returns an object by its key; empty if it does not exist. */
  public Optional<JsonNode> object(ObjectKey key) {
    return api.get(Resources.of(key.kind()), key.namespace(), key.name());
  }

  /** Returns an object; empty if it does not exist. */
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return api.get(type, namespace, name);
  }

  /** Lists the objects with these labels. */
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, Map<String, String> labels) {
    String selector =
        labels.entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .sorted()
            .collect(Collectors.joining(","));
    return api.list(type, namespace, selector, "");
  }

  /** Lists the Pods that are bound to a node, of all namespaces. */
  public List<JsonNode> podsOn(String node) {
    return api.list(Resources.of(Kind.POD), "", "", "spec.nodeName=" + node);
  }

  /** Lists the VolumeAttachments of a node, in one read for all callers at the same time. */
  public List<JsonNode> attachmentsOn(String node) {
    return attachments.get().stream()
        .filter(each -> KubeObject.of(each).nodeName().equals(node))
        .toList();
  }

  /** Returns the UID of namespace kube-system, which identifies the cluster from the start. */
  public String clusterUid() {
    return api.get(Resources.NAMESPACES, "", "kube-system")
        .map(namespace -> KubeObject.of(namespace).uid())
        .filter(uid -> !uid.isEmpty())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Namespace kube-system cannot be read. Its UID distinguishes the records of this cluster from those of another one. Allow the controller to get it"));
  }

  /** Creates an object; empty if one of the same name exists. */
  public Optional<JsonNode> create(
      ResourceDefinitionContext type, String namespace, JsonNode object) {
    return writes.create(type, namespace, object);
  }

  /** Replaces an object; empty if it is no longer as it was read. */
  public Optional<JsonNode> replace(
      ResourceDefinitionContext type, String namespace, JsonNode object) {
    return writes.replace(type, namespace, object);
  }

  /** Deletes an object; false if it is no longer as it was read. */
  public boolean delete(ResourceDefinitionContext type, JsonNode object) {
    return writes.delete(type, object);
  }

  /**
   * Writes annotations of a Lease that is still as it was read.
   *
   * @param annotations null removes one
   */
  public boolean annotateLease(JsonNode lease, Map<String, String> annotations) {
    ObjectNode patch = Preconditions.mergePatchOf(lease);
    ObjectNode written = patch.withObject("/metadata").putObject("annotations");
    annotations.forEach((String name, String value) -> written.put(name, value));
    return writes.patch(Resources.LEASES, lease, "", PatchKind.MERGE, patch);
  }

  /** Changes a Lease that is still as it was read. */
  public boolean patchLease(JsonNode lease, ArrayNode patch) {
    return writes.patch(Resources.LEASES, lease, "", PatchKind.JSON, patch);
  }

  /**
   * Writes an annotation of a workload through its subresource {@code status}. The API server
   * accepts annotations in such a patch, and ignores the spec in it. The right to patch it allows
   * no code to run. Other kinds get no annotation.
   */
  public boolean annotate(ObjectKey workload, String name, String value) {
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
   * @return false if the node has changed, or if another owner's taint has the same key and effect
   */
  public boolean taint(JsonNode node, Taint taint) {
    ArrayNode patch = Preconditions.patchOf(node);
    ObjectNode value = JSON.createObjectNode();
    value.put("key", taint.key()).put("value", taint.value()).put("effect", taint.effect());
    List<Taint> taints = NodeReader.taints(node);
    int weaker = indexOf(taints, taint);
    if (weaker >= 0 && !FailoverTaints.isOwn(taints.get(weaker))) {
      return false;
    }
    if (weaker >= 0) {
      // a node has only one taint of the same key and effect
      patch
          .addObject()
          .put("op", "replace")
          .put("path", "/spec/taints/" + weaker)
          .set("value", value);
    } else if (KubeObject.of(node).spec().path("taints").isArray()) {
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
   * Writes an existing taint once more, so that the node has another version. The API server then
   * refuses every write that was decided on the earlier version.
   */
  public boolean renewTaint(JsonNode node, Taint taint, Instant now) {
    int index = NodeReader.taints(node).indexOf(taint);
    if (index < 0) {
      return false;
    }
    String before = node.at("/spec/taints/%d/timeAdded".formatted(index)).asText("");
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    // to write the same time again would change nothing
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

  /** Removes a taint from a node that is still as it was read. */
  public boolean untaint(JsonNode node, Taint taint) {
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

  /** Removes a volume from those that a node reports as in use. */
  public boolean takeFromNode(JsonNode node, String volume) {
    int index = 0;
    for (JsonNode each : KubeObject.of(node).status().path("volumesInUse")) {
      if (each.asText().equals(volume)) {
        ArrayNode patch = Preconditions.patchOf(node);
        patch.addObject().put("op", "remove").put("path", "/status/volumesInUse/" + index);
        return patchNode(node, "status", patch);
      }
      index++;
    }
    return true;
  }

  /** Force-deletes a Pod, if it is still the one that was read, and unchanged. */
  public boolean forceDelete(String namespace, String pod, String uid, String resourceVersion) {
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
  public boolean deleteAttachment(JsonNode attachment) {
    return delete(Resources.VOLUME_ATTACHMENTS, attachment);
  }
}
