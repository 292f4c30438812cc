/**
 * Keeps what a migration must not forget: its record, its run, and the copies of what it deletes,
 * in annotations of the volume, which outlives the claim. The package only writes and reads these
 * texts. It has no client and no clock. The record contains no progress, which the objects
 * themselves show.
 *
 * <p>Start at {@link MigrationRecord}.
 */
package io.rwopguard.migration.record;
