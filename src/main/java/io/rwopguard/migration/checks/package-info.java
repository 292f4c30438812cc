/**
 * Runs the preflight checks, before the first write of a migration: claims and volumes, drivers,
 * workloads and their operators, autoscalers, GitOps tools and quotas. Each problem names its
 * remediation. The package also notes what the user has to change elsewhere, such as in git. It
 * writes nothing.
 *
 * <p>Start at {@link MigrationPreflight}.
 */
package io.rwopguard.migration.checks;
