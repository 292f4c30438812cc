/**
 * Reads and writes manifests, and simulates the inventory that the fixtures assume.
 *
 * <p>Start at {@link Manifests}, or at {@link FixtureInventory} for the claims that fixtures name.
 */
package io.rwopguard.testing.manifests;
