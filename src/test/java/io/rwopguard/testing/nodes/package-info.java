/**
 * Operates the real cluster of {@code src/testbed/cluster}, with nodes, storage and the installed
 * chart.
 *
 * <p>Start at {@link RealCluster}.
 */
package io.rwopguard.testing.nodes;
