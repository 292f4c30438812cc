/**
 * Fails over Pods on single-writer claims from dead nodes. This package runs the loop and assembles
 * its parts, which the packages below it contain. It decides when nodes are evaluated, and which
 * failovers start and resume. It also decides whether this replica can lead. Decisions about nodes,
 * Pods and steps belong to {@link io.rwopguard.failover.plan}, which has no client and no clock.
 *
 * <p>Start at {@link FailoverController}.
 */
package io.rwopguard.failover;
