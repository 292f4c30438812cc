package io.rwopguard.inventory.cluster;

import io.rwopguard.model.Kind;
import java.util.Set;

/**
 * The kinds and namespaces that an inventory watches.
 *
 * @param users the kinds of consumers of claims
 * @param namespaces the namespaces of namespaced objects; all if it is empty
 */
record Scope(Set<Kind> users, Set<String> namespaces) {

  /** Everything that admission and commands need. */
  static final Scope CLUSTER = new Scope(ClusterObjects.CLAIM_USERS, Set.of());

  Scope {
    users = Set.copyOf(users);
    namespaces = Set.copyOf(namespaces);
  }

  /** Returns the scope of failover: the Pods in these namespaces. */
  static Scope failover(Set<String> namespaces) {
    return new Scope(Set.of(Kind.POD), namespaces);
  }
}
