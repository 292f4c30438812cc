package io.rwopguard.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ParallelPods;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All Pods beyond the first on a ReadWriteOncePod claim stay Pending forever: the scheduler's
 * VolumeRestrictions counts any Pod that is not over. A Job's Pods take turns, and a StatefulSet's
 * claim templates give each Pod a claim of its own.
 */
public final class SingleConsumerRule implements Rule {

  private static final String HOSTNAME = "kubernetes.io/hostname";

  @Override
  public String id() {
    return "single-consumer";
  }

  @Override
  public String summary() {
    return "more than one Pod on a ReadWriteOncePod claim, by the object's own numbers: Deployment,"
        + " ReplicaSet, ReplicationController, StatefulSet (not its claim templates), DaemonSet;"
        + " only warned of for a parallel Job, whose Pods take turns";
  }

  @Override
  public String why() {
    return "The second Pod is accepted and then waits forever: the scheduler finds no node for"
        + " it while the first holds the claim.";
  }

  @Override
  public String byDefault() {
    return "deny; warn a parallel Job";
  }

  @Override
  public String remedy() {
    return "run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    ParallelPods pods = object.parallelPods().filter(some -> some.count() > 1).orElse(null);
    if (pods == null || isHeldToOneNode(object, pods)) {
      return List.of();
    }
    return NamedClaims.exclusive(object, inventory).stream()
        .map(claim -> finding(claim.name(), NamedClaims.whyExclusive(claim, inventory), pods))
        .toList();
  }

  private Finding finding(String claim, String whyExclusive, ParallelPods pods) {
    String many =
        pods.count() == ParallelPods.ONE_ON_EACH_NODE
            ? "a DaemonSet runs a Pod on each node"
            : pods.count() + " Pods run at a time";
    String end = pods.takeTurns() ? "they take turns" : "all but the first stay Pending forever";
    return new Finding(
        id(),
        pods.takeTurns() ? Severity.WARN : Severity.DENY,
        pods.field(),
        claim,
        "%s, and %s: %s".formatted(many, whyExclusive, end),
        remedy());
  }

  /** A DaemonSet that is held to one host runs one Pod. */
  private static boolean isHeldToOneNode(ObjectFacts object, ParallelPods pods) {
    if (pods.count() != ParallelPods.ONE_ON_EACH_NODE) {
      return false;
    }
    JsonNode podSpec = object.podTemplate().orElseThrow().spec();
    return podSpec.path("nodeSelector").has(HOSTNAME)
        || podSpec.hasNonNull("nodeName")
        || isHeldByAffinity(
            podSpec
                .path("affinity")
                .path("nodeAffinity")
                .path("requiredDuringSchedulingIgnoredDuringExecution")
                .path("nodeSelectorTerms"));
  }

  /** Any of the terms is enough for a node, so each has to name one and the same. */
  private static boolean isHeldByAffinity(JsonNode terms) {
    Set<String> hosts = new HashSet<>();
    for (JsonNode term : terms) {
      Optional<String> host =
          onlyOne(term.path("matchExpressions"), HOSTNAME)
              .or(() -> onlyOne(term.path("matchFields"), "metadata.name"));
      if (host.isEmpty()) {
        return false;
      }
      hosts.add(host.get());
    }
    return hosts.size() == 1;
  }

  private static Optional<String> onlyOne(JsonNode requirements, String key) {
    for (JsonNode requirement : requirements) {
      if (requirement.path("key").asText().equals(key)
          && requirement.path("operator").asText().equals("In")
          && requirement.path("values").size() == 1) {
        return Optional.of(requirement.path("values").path(0).asText());
      }
    }
    return Optional.empty();
  }
}
