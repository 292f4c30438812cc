package io.rwopguard.failover.cleanup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.fence.FenceLedger;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.RecordFormat;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Finds the nodes whose taints and records something still needs. */
final class NodeReferences {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String UNFENCED = "UNFENCED";
  private static final String METADATA = "metadata";

  private final ClusterApi api;
  private final String namespace;

  /** The VolumeAttachments of the whole cluster, read once a node needs them. */
  private List<JsonNode> attachments;

  NodeReferences(ClusterApi api, String namespace) {
    this.api = api;
    this.namespace = namespace;
  }

  /** Returns the nodes with the reasons; the name is empty for a record that names no node. */
  SortedMap<String, List<CleanUp.Reason>> find() {
    SortedMap<String, List<CleanUp.Reason>> kept = new TreeMap<>();
    for (JsonNode record : records()) {
      reason(record)
          .ifPresent(
              why -> kept.computeIfAbsent(nodeOf(record), node -> new ArrayList<>()).add(why));
    }
    for (JsonNode node : api.list(Resources.NODES, "", "", "")) {
      List<CleanUp.Reason> reasons = new ArrayList<>();
      NodeReader.taints(node).forEach(taint -> reason(node, taint).ifPresent(reasons::add));
      if (!reasons.isEmpty()) {
        kept.computeIfAbsent(name(node), each -> new ArrayList<>()).addAll(reasons);
      }
    }
    return kept;
  }

  private List<JsonNode> records() {
    return api.list(Resources.CONFIG_MAPS, namespace, OwnLabels.RECORD, "");
  }

  /** Returns whether something still needs this record. */
  static boolean isNeeded(JsonNode record) {
    return isFence(record) ? mayBeInEffect(record) : isFailover(record) && !hasEnded(record);
  }

  /** Returns the node that a record names; empty if it names none. */
  static String nodeOf(JsonNode record) {
    return isFence(record)
        ? record.path("data").path("node").asText("")
        : failover(record).map(FailoverRecord::node).orElse("");
  }

  private Optional<CleanUp.Reason> reason(JsonNode record) {
    if (!isNeeded(record)) {
      return Optional.empty();
    }
    String where = "ConfigMap %s/%s".formatted(namespace, name(record));
    return Optional.of(
        isFence(record)
            ? new CleanUp.Reason(
                "it is still fenced (%s)".formatted(where),
                "Un-fence the node, or let the controllers do it, before it accepts Pods again. If the node is gone, or you un-fenced it manually, delete the ConfigMap",
                "rwop-guard never un-fences the node, and nothing keeps Pods away from it while it is fenced")
            : new CleanUp.Reason(
                "a failover from it has not ended (%s)".formatted(where),
                "Let the controllers complete it, or check the Pod and the volume that the record names, and delete the record",
                "the failover never completes: its volume may stay attached, and new Pods may start on the node"));
  }

  private Optional<CleanUp.Reason> reason(JsonNode node, Taint taint) {
    if (FailoverTaints.waitsForReboot(taint, NodeReader.bootId(node))) {
      return Optional.of(
          new CleanUp.Reason(
              "its taint %s=%s stays until a reboot, because a driver may keep stale mappings until then"
                  .formatted(taint.key(), taint.value()),
              "Reboot the node",
              "a Pod may start there and write through a stale mapping"));
    }
    if (!FailoverTaints.isOwnOutOfService(taint)) {
      return Optional.empty();
    }
    if (attachments == null) {
      attachments = api.list(Resources.VOLUME_ATTACHMENTS, "", "", "");
    }
    // on a node that is not ready, Kubernetes detaches the volumes of a deleted Pod after six
    // minutes
    boolean silent = !NodeReader.isReady(node);
    return attachments.stream()
        .filter(each -> KubeObject.of(each).nodeName().equals(name(node)))
        .filter(each -> silent || each.path(METADATA).path("deletionTimestamp").isTextual())
        .findFirst()
        .map(
            attachment ->
                new CleanUp.Reason(
                    "Kubernetes may still detach VolumeAttachment %s under the taint %s of the node"
                        .formatted(name(attachment), taint.key()),
                    "Wait until the VolumeAttachment is gone, or the node is ready",
                    "the volume may stay attached until the node is back. Or it is detached without the taint, and a driver that depends on the taint does not revoke the access of the node"));
  }

  private static boolean isFence(JsonNode record) {
    return kind(record).equals(FenceLedger.RECORD);
  }

  private static boolean isFailover(JsonNode record) {
    return kind(record).equals(FailoverRecords.LABEL_VALUE);
  }

  private static String kind(JsonNode record) {
    return OwnLabels.recordOf(record);
  }

  private static Optional<FailoverRecord> failover(JsonNode record) {
    return RecordFormat.read(record.path("data").path("record").asText(""));
  }

  /** Returns whether a failover has ended; false if its record cannot be read. */
  private static boolean hasEnded(JsonNode record) {
    return failover(record).filter(each -> each.outcome().isPresent()).isPresent();
  }

  /** Returns whether a fence may be in effect; true if its record cannot be read. */
  private static boolean mayBeInEffect(JsonNode record) {
    try {
      JsonNode entries = JSON.readTree(record.path("data").path("entries").asText(""));
      if (!entries.isArray()) {
        return true;
      }
      for (JsonNode entry : entries) {
        if (!entry.path("state").asText().equals(UNFENCED)) {
          return true;
        }
      }
      return false;
    } catch (JsonProcessingException e) {
      return true;
    }
  }

  private static String name(JsonNode object) {
    return object.path(METADATA).path("name").asText();
  }
}
