/**
 * Fails over Pods on single-writer claims from dead nodes. The package evaluates the nodes, starts
 * failovers and carries out their steps. It keeps the records of failovers, the fencing tokens and
 * the taints of nodes. It may write a step only while this replica is certain to lead. Decisions
 * belong to {@link io.rwopguard.failover.plan}, which has no client and no clock.
 *
 * <p>Start at {@link FailoverController}.
 */
package io.rwopguard.failover;
