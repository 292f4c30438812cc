package io.rwopguard.failover.plan;

import java.util.Locale;

/** Why nothing is done about a Pod whose node is silent. Names are stable: metrics carry them. */
public enum Reason {
  /** The API server did not answer steadily of late, so that silence may be ours. */
  API_UNSTEADY,
  /** Every node is silent, which is trouble of another kind. */
  ALL_SILENT,
  /** More nodes are silent than is believed of a single fault. */
  TOO_MANY_SILENT,
  /** This replica runs on that node itself. */
  OWN_NODE,
  /** The node, or a Pod on it, still answers: it is cut off and not dead. */
  REACHABLE,
  /** Somebody works on the node. */
  MAINTENANCE,
  /** The node was shutting down, and may come back. */
  REBOOTING,
  /** Another controller takes care of the node. */
  TAKEN_CARE_OF,
  /** The node is only silent; a second sign is waited for. */
  NO_SECOND_SIGN,
  /** Somebody says that the node is down, and it renewed its Lease a moment ago. */
  ALIVE,
  /** Somebody has switched failover off for now. */
  PAUSED,
  /** The namespace is not labelled for it. */
  NOT_OPTED_IN,
  /** The Pod or its workload says that it does not want it. */
  OPTED_OUT,
  /** Nobody would make the Pod anew. */
  NO_CONTROLLER,
  /** A volume of the Pod could not be looked up. */
  UNKNOWN_VOLUME,
  /** A volume is no CSI volume, or belongs to the node. */
  LOCAL_VOLUME,
  /** The driver does not attach volumes, so that nothing is ever unpublished. */
  UNFENCED_DRIVER,
  /** Nobody has stated that the driver stops the old writer. */
  UNSTATED_DRIVER,
  /** The fence has not confirmed. */
  NOT_FENCED,
  /** No other node could run the Pod. */
  NO_NODE,
  /** There have been as many failovers as are allowed. */
  BUDGET_USED_UP,
  /** A finalizer keeps the Pod, and is not ours to take away. */
  FINALIZER,
  /** The object changed while it was looked at. */
  CHANGED;

  /** Whether it says something of the whole cluster, and is told once and not for each node. */
  public boolean isOfTheCluster() {
    return this == API_UNSTEADY || this == ALL_SILENT || this == TOO_MANY_SILENT;
  }

  /** As metrics and people read it: {@code api-unsteady}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
