/**
 * Connects to the Kubernetes API: clients and their TLS, watches with small records of objects,
 * leader election, and writes that name what was read. The package knows no settings, and it may
 * not decide what to do about an object.
 *
 * <p>Start at {@link WatchedResource} for reads, or at {@link LeaderElection} for elections.
 */
package io.rwopguard.kube;
