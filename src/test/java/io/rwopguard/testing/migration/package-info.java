/**
 * Runs migrations to ReadWriteOncePod beside real controllers, and holds or kills them halfway.
 *
 * <p>Start at {@link MigratedSet}.
 */
package io.rwopguard.testing.migration;
