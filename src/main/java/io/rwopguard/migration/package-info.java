/**
 * Migrates PersistentVolumeClaims from ReadWriteOnce to ReadWriteOncePod: it recreates each claim
 * around its existing volume. This package connects the others: it runs the preflight checks, and
 * then shows the plan or performs the migration. {@link io.rwopguard.migration.fleet} does so for
 * many claims.
 *
 * <p>Start at {@link Migration}.
 */
package io.rwopguard.migration;
