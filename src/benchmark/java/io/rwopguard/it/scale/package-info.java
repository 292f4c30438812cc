/**
 * Measures the service and the audit on large clusters. The build runs none of this.
 *
 * <p>Start at {@link InventoryScaleBenchmark}.
 */
package io.rwopguard.it.scale;
