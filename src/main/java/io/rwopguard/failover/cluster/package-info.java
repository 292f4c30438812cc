/**
 * Reads the objects of the cluster that failover depends on, and writes them with care. Each
 * request is sent once and ends within seconds. Each write names the version that was read, and a
 * replica that is not certain to lead sends none. The package decides nothing about failover.
 *
 * <p>Start at {@link FailoverStore}.
 */
package io.rwopguard.failover.cluster;
