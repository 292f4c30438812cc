/**
 * Carries out failovers: starts them, observes the cluster before each step, and taints nodes,
 * requests fences, deletes Pods and detaches volumes. It also removes the taints of nodes that are
 * back. {@link io.rwopguard.failover.plan} decides the next step. Before a step that cannot be
 * undone, this package evaluates again what allowed the failover to start.
 *
 * <p>Start at {@link FailoverWorker}.
 */
package io.rwopguard.failover.execution;
