/**
 * Serves manual failovers: the command creates a request, and the leader answers it. A request
 * replaces the second sign of a node's death and nothing else.
 *
 * <p>Start at {@link ManualFailoverHandler} for the leader, and at {@link ManualFailoverClient} for
 * the command.
 */
package io.rwopguard.failover.manual;
