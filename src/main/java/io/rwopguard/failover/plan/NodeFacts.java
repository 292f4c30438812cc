package io.rwopguard.failover.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A node as the API server describes it.
 *
 * @param zone the zone; empty if the node is in none
 * @param shuttingDown whether its kubelet last reported that it is shutting down
 * @param annotations the names of its annotations
 * @param kubelet the endpoint of its kubelet
 */
public record NodeFacts(
    String name,
    String zone,
    Map<String, String> labels,
    Set<String> annotations,
    List<Taint> taints,
    boolean unschedulable,
    Ready ready,
    boolean shuttingDown,
    Optional<Endpoint> kubelet) {

  public NodeFacts {
    labels = Map.copyOf(labels);
    annotations = Set.copyOf(annotations);
    taints = List.copyOf(taints);
  }

  /** Returns the same node without these taints. */
  public NodeFacts without(Set<Taint> some) {
    if (some.isEmpty() || taints.stream().noneMatch(some::contains)) {
      return this;
    }
    return new NodeFacts(
        name,
        zone,
        labels,
        annotations,
        taints.stream().filter(taint -> !some.contains(taint)).toList(),
        unschedulable,
        ready,
        shuttingDown,
        kubelet);
  }

  /** The status of the condition Ready. */
  public enum Ready {
    TRUE,
    FALSE,
    UNKNOWN
  }

  /** A taint, with the fields of the API. */
  public record Taint(String key, String value, String effect) {}

  /** A host and a port where a server listens. */
  public record Endpoint(String host, int port) {

    @Override
    public String toString() {
      // the colons of an IPv6 address are not separators
      return (isIpv6() ? "[" + host + "]" : host) + ":" + port;
    }

    /** Returns whether the address is an IPv6 address. */
    public boolean isIpv6() {
      return host.contains(":");
    }
  }
}
