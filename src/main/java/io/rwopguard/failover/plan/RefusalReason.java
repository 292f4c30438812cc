package io.rwopguard.failover.plan;

import java.util.Locale;

/**
 * The reasons why nothing is done about a Pod whose node stopped renewing its Lease. The names are
 * stable: metrics, events and {@code GET /failover} use them.
 */
public enum RefusalReason {
  API_SERVER_UNSTABLE(
      "the API server has not answered this replica steadily, so the missing renewals may be a connection failure of this replica"),
  ALL_SUSPECT("no node renews its Lease, which no single fault explains"),
  TOO_MANY_SUSPECT(
      "more nodes, in the cluster or in a zone, have stopped renewing their Leases than the limits allow"),
  OWN_NODE("the leader runs on that node"),
  REACHABLE("the node or a Pod on it still answers a connection: the node is cut off, not dead"),
  MAINTENANCE("the node is cordoned or has a maintenance annotation"),
  REBOOTING("the node was shutting down when it stopped renewing its Lease, and may come back"),
  EXTERNAL_REMEDIATION("a taint indicates that another controller remediates the node"),
  NO_SECOND_SIGNAL(
      "only the missing renewals indicate that the node is dead; its probes do not, or not yet"),
  AWAITING_PROBES("the last round of probes before the deletion has not ended"),
  ALIVE("a manual failover declares the node dead, but it renewed its Lease a moment ago"),
  PAUSED("failover is paused"),
  NOT_OPTED_IN("the namespace is not labeled for failover"),
  OPTED_OUT("the Pod or its workload has opted out by annotation"),
  NO_CONTROLLER("no controller recreates the Pod, or that is unknown"),
  UNKNOWN_VOLUME("a volume, or its driver, could not be looked up"),
  LOCAL_VOLUME("a volume is not a CSI volume, so nothing can detach it from the node"),
  IN_TREE_VOLUME(
      "a CSI driver serves an in-tree volume, so it is unknown how to verify that it is detached"),
  UNFENCED_DRIVER("the driver does not attach volumes, so nothing can be detached from a node"),
  UNSTATED_DRIVER("no statement says what stops the old writer on this driver's volumes"),
  SHARED_VOLUME("the Pod also writes to storage that an old instance can still write to"),
  CLAIM_SHARED("another Pod on the node, or one that opted out, uses one of the Pod's claims"),
  UNCOVERED_NODE("the out-of-service taint would harm other Pods of the node"),
  TOLERATES_EVERYTHING(
      "the Pod tolerates our taint, so its successor may be scheduled back to the node"),
  NO_NODE("no other node could run the Pod"),
  BUDGET_USED_UP("as many failovers happened within the last hour as the limits allow"),
  NOT_RECORDED("the record of the failover could not be written, and nothing is done without it"),
  CHANGED("the node has changed since the failover started");

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
