/**
 * Decides each step of a migration from the observed state, which the callers pass in. The package
 * has no client and no clock, and it writes nothing. It also simulates all steps to the end, to
 * print them as a plan.
 *
 * <p>Start at {@link MigrationPlanner}.
 */
package io.rwopguard.migration.plan;
