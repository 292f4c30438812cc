package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads from a Node, and from its Lease, the facts that failover needs. */
public final class NodeReader {

  private static final String ZONE = "topology.kubernetes.io/zone";

  /** The message of a kubelet that shuts down (pkg/kubelet/nodeshutdown). */
  private static final String SHUTTING_DOWN = "node is shutting down";

  private static final int KUBELET_PORT = 10_250;

  private NodeReader() {}

  /** Returns the facts of a Node. */
  public static NodeFacts read(JsonNode node) {
    JsonNode metadata = KubeObject.of(node).metadata();
    Map<String, String> labels = new HashMap<>();
    metadata
        .path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    Set<String> annotations = new HashSet<>();
    metadata.path("annotations").fieldNames().forEachRemaining(annotations::add);
    JsonNode ready = ready(node);
    return new NodeFacts(
        metadata.path("name").asText(),
        labels.getOrDefault(ZONE, ""),
        labels,
        annotations,
        taints(node),
        KubeObject.of(node).spec().path("unschedulable").asBoolean(),
        switch (ready.path("status").asText()) {
          case "True" -> Ready.TRUE;
          case "False" -> Ready.FALSE;
          default -> Ready.UNKNOWN;
        },
        ready.path("message").asText().contains(SHUTTING_DOWN),
        kubelet(node));
  }

  /** Returns whether a node's kubelet, or the node controller for it, reports it as ready. */
  public static boolean isReady(JsonNode node) {
    return ready(node).path("status").asText().equals("True");
  }

  private static JsonNode ready(JsonNode node) {
    for (JsonNode condition : KubeObject.of(node).status().path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  /** Returns the boot ID of the machine, as its kubelet reported it; empty if it did not. */
  public static String bootId(JsonNode node) {
    return KubeObject.of(node).status().path("nodeInfo").path("bootID").asText("");
  }

  /** Returns the taints of a Node, in the order of its spec. */
  public static List<Taint> taints(JsonNode node) {
    List<Taint> taints = new ArrayList<>();
    for (JsonNode taint : KubeObject.of(node).spec().path("taints")) {
      taints.add(
          new Taint(
              taint.path("key").asText(),
              taint.path("value").asText(""),
              taint.path("effect").asText()));
    }
    return taints;
  }

  /** Returns the text of the last renewal in a node's Lease; empty if there was none. */
  public static String renewTime(JsonNode lease) {
    return KubeObject.of(lease).spec().path("renewTime").asText("");
  }

  /** Returns how long a renewal of a node's Lease lasts. */
  public static Duration leaseDuration(JsonNode lease) {
    return Duration.ofSeconds(KubeObject.of(lease).spec().path("leaseDurationSeconds").asInt(40));
  }

  private static Optional<Endpoint> kubelet(JsonNode node) {
    JsonNode status = KubeObject.of(node).status();
    int port =
        status.path("daemonEndpoints").path("kubeletEndpoint").path("Port").asInt(KUBELET_PORT);
    for (JsonNode address : status.path("addresses")) {
      if (address.path("type").asText().equals("InternalIP")) {
        return Optional.of(new Endpoint(address.path("address").asText(), port));
      }
    }
    return Optional.empty();
  }
}
