/**
 * Evaluates which Pods of a dead node may be failed over, and whether the node may get the
 * out-of-service taint. It reads the cluster and the settings each time, because a record proves
 * nothing. It writes nothing.
 *
 * <p>Start at {@link CandidateSelector}.
 */
package io.rwopguard.failover.eligibility;
