package io.rwopguard.failover.plan;

import java.util.Locale;

/**
 * The reasons why nothing is done about a Pod whose node stopped renewing its Lease. The names are
 * stable: metrics, events and {@code GET /failover} use them.
 */
public enum RefusalReason {
  API_SERVER_UNSTABLE(
      "the API server has not answered this replica steadily, so the silence may be ours"),
  ALL_SUSPECT("every node is silent, which no single fault explains"),
  TOO_MANY_SUSPECT("more nodes, of all or of a zone, are silent than the limits allow"),
  OWN_NODE("the replica that leads runs on that node itself"),
  REACHABLE("the node or a Pod on it still answers a connection: it is cut off, and not dead"),
  MAINTENANCE("the node is cordoned, or annotated as being worked on"),
  REBOOTING("the node was shutting down when it fell silent, and may come back"),
  EXTERNAL_REMEDIATION("a taint says that another controller takes care of the node"),
  NO_SECOND_SIGNAL(
      "nothing but the silence says that the node is dead: its probes do not, or not yet"),
  AWAITING_PROBES("the last round of probes before the deletion has not ended"),
  ALIVE("a manual failover says that the node is down, and it renewed its Lease a moment ago"),
  PAUSED("failover is paused"),
  NOT_OPTED_IN("the namespace is not labelled for failover"),
  OPTED_OUT("the Pod or its workload is annotated against it"),
  NO_CONTROLLER("nothing recreates the Pod, or that is unknown"),
  UNKNOWN_VOLUME("a volume, or its driver, could not be looked up"),
  LOCAL_VOLUME("a volume is no CSI volume, so nothing can take it from the node"),
  IN_TREE_VOLUME(
      "a CSI driver serves a volume whose object is in-tree, so how to tell that it is detached is unknown"),
  UNFENCED_DRIVER("the driver does not attach volumes, so nothing is ever taken from a node"),
  UNSTATED_DRIVER("no statement says what stops the old writer on this driver's volumes"),
  SHARED_VOLUME("the Pod also writes to storage that nothing keeps an old instance from"),
  CLAIM_SHARED("another Pod on the node, or one that opted out, uses one of the Pod's claims"),
  UNCOVERED_NODE("the out-of-service taint would harm other Pods of the node"),
  TOLERATES_EVERYTHING("the Pod tolerates our taint, so its successor may go back to the node"),
  NO_NODE("no other node could run the Pod"),
  BUDGET_USED_UP("there have been as many failovers within the hour as the limits allow"),
  NOT_RECORDED("the record of the failover could not be written, and nothing is done without it"),
  CHANGED("the node has changed since the failover began");

  private final String meaning;

  RefusalReason(String meaning) {
    this.meaning = meaning;
  }

  /** Returns the meaning, for the list of all reasons. */
  public String meaning() {
    return meaning;
  }

  /**
   * Returns whether the reason concerns the whole cluster, and is reported once and not for each
   * node.
   */
  public boolean isOfTheCluster() {
    return this == API_SERVER_UNSTABLE || this == ALL_SUSPECT || this == TOO_MANY_SUSPECT;
  }

  /** Returns the id in metrics and messages, such as {@code api-server-unstable}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
