/**
 * Writes kubectl commands for people: the plan as a script, and the lines that restore what an
 * interrupted migration has deleted. Each command fails if the cluster is not in the state that it
 * was written for. The package sends no request.
 *
 * <p>Start at {@link KubectlScript} for the plan, and at {@link Recovery} for an interrupted
 * migration.
 */
package io.rwopguard.migration.kubectl;
