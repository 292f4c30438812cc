/**
 * Evaluates which nodes are dead and which Pods may be failed over, and plans the steps of a
 * failover. Everything here is derived from the observed state, which the callers pass in. The
 * package has no client, no clock and no injection, and it writes nothing: the controller observes,
 * and carries out the plan.
 *
 * <p>Start at {@link FailoverPlanner}.
 */
package io.rwopguard.failover.plan;
