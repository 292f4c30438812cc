/**
 * Generates random workloads from a seed, and shrinks those that fail.
 *
 * <p>Start at {@link RandomWorkloads}, or at {@link Shrinker} for an object that fails.
 */
package io.rwopguard.testing.random;
