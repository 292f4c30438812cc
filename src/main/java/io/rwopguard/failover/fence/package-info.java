/**
 * Fences dead nodes, or their access to volumes, and un-fences them when they return. The package
 * is responsible for the fencing agents, for the ledger of what they were asked for, and for the
 * numbers of requests. It does not decide which node is dead or which Pod is failed over. It stores
 * every request to fence or un-fence before it sends it, and never waits for a fence. It accesses
 * the Kubernetes API only through {@link FenceApi}. The steps of a failover know only {@link
 * Fence}.
 *
 * <p>Start at {@link FenceRegistry}.
 */
package io.rwopguard.failover.fence;
