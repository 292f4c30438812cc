/**
 * Shows people and programs what failover decides and does: in Events, in the log, in metrics, and
 * in annotations of workloads and Leases. The package reads nothing back from them and decides
 * nothing.
 *
 * <p>Start at {@link FailoverReporter}.
 */
package io.rwopguard.failover.report;
