/**
 * Migrates PersistentVolumeClaims from ReadWriteOnce to ReadWriteOncePod: it recreates each claim
 * around its existing volume. The package is responsible for the preflight checks, the plan, its
 * execution and rollback, and the record of a migration on the volume. {@link MigrationPlanner}
 * decides each step from the observed state, with no client and no clock. Only {@link
 * MigrationWrites} may change the cluster, and each change or deletion has to name the version that
 * was read.
 *
 * <p>Start at {@link Migration}.
 */
package io.rwopguard.migration;
