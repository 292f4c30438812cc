/**
 * Removes what failover has written to a cluster, for the command that a person or a Helm hook runs
 * before the installation is removed. It keeps what a node still needs, such as the taint of a
 * fenced node. No controller runs it.
 *
 * <p>Start at {@link CleanUp}.
 */
package io.rwopguard.failover.cleanup;
