package io.rwopguard.workload;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Whether all Pods of a template, or all users of a volume, run on one node. */
public final class NodePinning {

  private static final String HOSTNAME = "kubernetes.io/hostname";

  /**
   * Labels that drivers of local volumes tell nodes apart by, such as {@code
   * topology.topolvm.io/node} and {@code openebs.io/nodename}.
   */
  private static final Pattern OF_ONE_NODE =
      Pattern.compile("(.*[/.-])?(host-?name|node(-?(name|id))?)", Pattern.CASE_INSENSITIVE);

  private NodePinning() {}

  /** Whether a pod spec names the one node, by its name or its host's. */
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

  /** Whether a pod spec keeps all Pods that it makes to one node. */
  public static boolean hold(JsonNode podSpec) {
    return isHeldToOneNode(podSpec) || isHeldBesideOthers(podSpec);
  }

  /** Whether a pod spec asks to be put beside Pods that run, whatever node that is. */
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

  /** Whether the spec of a PersistentVolume says that only one node has it. */
  static boolean isOnOneNode(JsonNode volumeSpec) {
    return nameOne(
        volumeSpec.path("nodeAffinity").path("required").path("nodeSelectorTerms"),
        key -> OF_ONE_NODE.matcher(key).matches());
  }

  /** Any of the terms is enough for a node, so each has to name one and the same. */
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
