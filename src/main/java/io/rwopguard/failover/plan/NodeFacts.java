package io.rwopguard.failover.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A node as the API server describes it.
 *
 * @param zone empty if it is in none
 * @param shuttingDown whether its kubelet said last that it is shutting down
 * @param annotations their names
 * @param kubelet where its kubelet listens
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

  /** The same without these taints. */
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

  /** Its condition Ready. */
  public enum Ready {
    TRUE,
    FALSE,
    UNKNOWN
  }

  /** A taint, by the API's own names. */
  public record Taint(String key, String value, String effect) {}

  /** Where something listens. */
  public record Endpoint(String host, int port) {

    @Override
    public String toString() {
      // the colons of an IPv6 address are no separators
      return (isIpv6() ? "[" + host + "]" : host) + ":" + port;
    }

    /** Tells which family of addresses it is of. */
    public boolean isIpv6() {
      return host.contains(":");
    }
  }
}
