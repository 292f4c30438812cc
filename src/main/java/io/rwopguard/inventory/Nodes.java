package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The nodes of a small cluster, as far as they decide whether Pods can be on different ones.
 *
 * @param all the nodes; empty if there are {@link #MOST} or more, of which none is read
 */
public record Nodes(List<Node> all) {

  /** The limit of the nodes to read. This many nodes have the same effect as any larger number. */
  public static final int MOST = 50;

  /** The prefix of taints that are added and removed with a node's health. */
  private static final String PASSING_TAINT = "node.kubernetes.io/";

  /**
   * A node.
   *
   * @param isReserved whether a taint, such as a control plane's, repels Pods that do not tolerate
   *     it
   */
  public record Node(Map<String, String> labels, boolean isReserved) {

    public Node {
      labels = Map.copyOf(labels);
    }

    /** Returns the record of an API object. */
    public static Node of(JsonNode object) {
      KubeObject node = KubeObject.of(object);
      Map<String, String> labels = new HashMap<>();
      for (Map.Entry<String, JsonNode> label : node.labels().properties()) {
        labels.put(label.getKey(), label.getValue().asText());
      }
      boolean reserved = false;
      for (JsonNode taint : node.spec().path("taints")) {
        reserved |=
            !taint.path("effect").asText().equals("PreferNoSchedule")
                && !taint.path("key").asText().startsWith(PASSING_TAINT);
      }
      return new Node(labels, reserved);
    }
  }

  public Nodes {
    all = List.copyOf(all);
  }

  /**
   * Returns whether Pods of this kind fit on one node at most, so that they are never on different
   * ones.
   *
   * @param podSpec the spec of the Pods; if it is missing, they tolerate nothing and select no node
   */
  public boolean leaveOneFor(JsonNode podSpec) {
    JsonNode selector = podSpec.path("nodeSelector");
    boolean tolerant = !podSpec.path("tolerations").isEmpty();
    return !all.isEmpty()
        && all.stream()
                .filter(node -> tolerant || !node.isReserved())
                .filter(node -> fits(selector, node.labels()))
                .limit(2)
                .count()
            < 2;
  }

  private static boolean fits(JsonNode selector, Map<String, String> labels) {
    return selector.properties().stream()
        .allMatch(wanted -> wanted.getValue().asText().equals(labels.get(wanted.getKey())));
  }
}
