/**
 * Defines the observed state of a cluster that rules and mutations read. Lookups answer from memory
 * and never block, and "unknown" is a separate answer. The package contains no client and no clock.
 * The subpackages provide the state of a cluster and of manifests.
 *
 * <p>Start at {@link Inventory}.
 */
package io.rwopguard.inventory;
