/**
 * Reads the objects of a migration, builds the manifests to recreate them, and writes them. Only
 * {@link MigrationWrites} may change the cluster, and each change or deletion has to name the
 * version that was read. The package decides nothing about a migration.
 *
 * <p>Start at {@link MigrationObjects}.
 */
package io.rwopguard.migration.cluster;
