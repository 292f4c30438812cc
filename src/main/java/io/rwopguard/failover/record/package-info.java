/**
 * Keeps what failover must not forget: the records of failovers and the fencing tokens, in
 * ConfigMaps in the controller's own namespace, and the copy of a token in the Lease beside each
 * claim. The next leader resumes from these records. A record proves nothing about the cluster, so
 * no decision depends on it alone.
 *
 * <p>Start at {@link FailoverRecords} for failovers, and at {@link TokenLedger} for tokens.
 */
package io.rwopguard.failover.record;
