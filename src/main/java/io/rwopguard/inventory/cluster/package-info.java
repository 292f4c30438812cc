/**
 * Provides the inventory of a cluster: informers, live reads for objects that these have not seen,
 * and the client's configuration. The package only reads from the cluster, and it may not evaluate
 * what it reads. No other package creates a client configuration.
 *
 * <p>Start at {@link ClusterAccess}.
 */
package io.rwopguard.inventory.cluster;
