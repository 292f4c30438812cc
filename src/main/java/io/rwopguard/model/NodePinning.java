package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Determines whether all Pods of a template, or all consumers of a volume, run on one node. */
public final class NodePinning {

  private static final String HOSTNAME = "kubernetes.io/hostname";

  /**
   * The labels by which drivers of local volumes identify nodes, such as {@code
   * topology.topolvm.io/node} and {@code openebs.io/nodename}.
   */
  private static final Pattern OF_ONE_NODE =
      Pattern.compile("(.*[/.-])?(host-?name|node(-?(name|id))?)", Pattern.CASE_INSENSITIVE);

  private NodePinning() {}

  /** Returns whether a pod spec names one node, by its name or its hostname label. */
  public static boolean isHeldToOneNode(JsonNode podSpec) {
    return podSpec.path("nodeSelector").has(HOSTNAME)
        || podSpec.hasNonNull("nodeName")
        || nameOne(
            podSpec
                .path("affinity")
                .path("nodeAffinity")
                .path("requiredDuringSchedulingIgnoredDuringExecution")
                .path("nodeSelectorTerms"),
            HOSTNAME::equals);
  }

  /** Returns whether a pod spec keeps all its Pods on one node. */
  public static boolean hold(JsonNode podSpec) {
    return isHeldToOneNode(podSpec) || isHeldBesideOthers(podSpec);
  }

  /** Returns whether a pod spec requires the node of other running Pods, whichever node that is. */
  private static boolean isHeldBesideOthers(JsonNode podSpec) {
    for (JsonNode term :
        podSpec
            .path("affinity")
            .path("podAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution")) {
      if (term.path("topologyKey").asText().equals(HOSTNAME)) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether the spec of a PersistentVolume limits it to one node. */
  static boolean isOnOneNode(JsonNode volumeSpec) {
    return nameOne(
        volumeSpec.path("nodeAffinity").path("required").path("nodeSelectorTerms"),
        key -> OF_ONE_NODE.matcher(key).matches());
  }

  /**
   * Returns whether the terms name one node. A node needs to match only one term, so each term has
   * to name the same node.
   */
  private static boolean nameOne(JsonNode terms, Predicate<String> ofNodes) {
    Set<String> hosts = new HashSet<>();
    for (JsonNode term : terms) {
      Optional<String> host =
          onlyOne(term.path("matchExpressions"), ofNodes)
              .or(() -> onlyOne(term.path("matchFields"), "metadata.name"::equals));
      if (host.isEmpty()) {
        return false;
      }
      hosts.add(host.get());
    }
    return hosts.size() == 1;
  }

  private static Optional<String> onlyOne(JsonNode requirements, Predicate<String> key) {
    for (JsonNode requirement : requirements) {
      if (key.test(requirement.path("key").asText())
          && requirement.path("operator").asText().equals("In")
          && requirement.path("values").size() == 1) {
        return Optional.of(requirement.path("values").path(0).asText());
      }
    }
    return Optional.empty();
  }
}
