/**
 * Provides the inventory of a set of manifests, and recognizes the manifests that are alternatives
 * to each other. The package reads no files and contains no client and no clock. Its callers parse
 * the manifests.
 *
 * <p>Start at {@link ManifestInventory}.
 */
package io.rwopguard.inventory.manifests;
