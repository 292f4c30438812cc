package io.rwopguard.failover.cluster;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Namespace;

/** Recognizes the namespaces whose Pods may be failed over. */
public final class OptedIn {

  /** The label of a namespace whose Pods may be failed over. */
  private static final String LABEL = "rwop-guard.io/failover";

  private static final String ENABLED = "enabled";

  private OptedIn() {}

  /** Returns whether a namespace is labeled for failover. */
  public static boolean isOptedIn(String namespace, Inventory inventory) {
    return inventory
        .namespace(namespace)
        .value()
        .map(Namespace::labels)
        .map(labels -> ENABLED.equals(labels.get(LABEL)))
        .orElse(false);
  }
}
