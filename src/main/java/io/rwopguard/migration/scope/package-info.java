/**
 * Finds what belongs together with a claim: its volume, its workload and its other consumers, the
 * other claims of a StatefulSet, and the migrations that volumes record. The package writes
 * nothing.
 *
 * <p>Start at {@link MigrationScopeResolver}.
 */
package io.rwopguard.migration.scope;
