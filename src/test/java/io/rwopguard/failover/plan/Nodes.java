package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes nodes for tests. */
final class Nodes {

  private final String name;
  private String zone = "";
  private final Map<String, String> labels = new HashMap<>();
  private final Set<String> annotations = new HashSet<>();
  private List<Taint> taints = List.of();
  private boolean unschedulable;
  private Ready ready = Ready.TRUE;
  private boolean shuttingDown;

  private Nodes(String name) {
    this.name = name;
    labels.put("kubernetes.io/hostname", name);
  }

  static Nodes node(String name) {
    return new Nodes(name);
  }

  Nodes zone(String in) {
    zone = in;
    return this;
  }

  Nodes label(String key, String value) {
    labels.put(key, value);
    return this;
  }

  Nodes annotation(String key) {
    annotations.add(key);
    return this;
  }

  Nodes taint(String key, String value, String effect) {
    taints = List.of(new Taint(key, value, effect));
    return this;
  }

  Nodes cordoned() {
    unschedulable = true;
    return this;
  }

  Nodes ready(Ready condition) {
    ready = condition;
    return this;
  }

  Nodes shuttingDown() {
    shuttingDown = true;
    return ready(Ready.FALSE);
  }

  NodeFacts make() {
    return new NodeFacts(
        name,
        zone,
        labels,
        annotations,
        taints,
        unschedulable,
        ready,
        shuttingDown,
        Optional.of(new Endpoint("10.0.0.1", 10_250)));
  }
}
