/**
 * Performs migrations: it observes the cluster before each step, sends one write for the step, and
 * ends a wait that takes too long. {@link io.rwopguard.migration.plan} decides the step. The
 * package also prevents two runs of the same migration, and two migrations of the same workload.
 *
 * <p>Start at {@link MigrationLoop}.
 */
package io.rwopguard.migration.execution;
