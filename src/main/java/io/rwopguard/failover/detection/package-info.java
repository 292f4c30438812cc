/**
 * Detects failures. It watches the Leases of nodes, probes the nodes, and exchanges with other
 * replicas which nodes each of them reaches. It keeps the resulting verdicts on nodes, which {@link
 * io.rwopguard.failover.plan} derives. It also detects Pods that keep failing on healthy nodes, and
 * storage that stalls.
 *
 * <p>Start at {@link NodeHealthMonitor}.
 */
package io.rwopguard.failover.detection;
