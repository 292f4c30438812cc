/**
 * Chooses what a run of the tests executes, by its seed, and measures how long each class takes.
 * The packages below contain what several test classes share; tests of the product are beside its
 * code.
 *
 * <p>Start at {@link Sample} for the rows of a table, or at {@link Seed} for random objects.
 */
package io.rwopguard.testing;
