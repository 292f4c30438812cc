package io.rwopguard.simulation;

import java.util.List;
import java.util.Set;

/** A StatefulSet or a ReplicaSet of one replica, and its volumes. */
final class Workload {

  final String namespace;
  final String name;
  final boolean set;
  final List<Volume> volumes;
  final long graceSeconds;
  final long tolerationSeconds;

  /** The nodes from which its volumes can be reached; empty for all. */
  final Set<String> nodes;

  boolean optedOut;
  long refusedSince;
  boolean wanted = true;

  Workload(
      String namespace,
      String name,
      boolean set,
      List<Volume> volumes,
      long graceSeconds,
      long tolerationSeconds,
      Set<String> nodes) {
    this.namespace = namespace;
    this.name = name;
    this.set = set;
    this.volumes = volumes;
    this.graceSeconds = graceSeconds;
    this.tolerationSeconds = tolerationSeconds;
    this.nodes = nodes;
  }

  boolean consents() {
    return namespace.equals(World.OPTED_IN) && !optedOut;
  }

  String type() {
    return set ? SimulatedApiServer.SETS : SimulatedApiServer.REPLICA_SETS;
  }

  String key() {
    return namespace + "/" + name;
  }

  boolean owns(String pod) {
    return pod.startsWith(key() + "-");
  }
}
