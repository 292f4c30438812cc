/**
 * Contains clients, servers and proxies of HTTP that a test controls.
 *
 * <p>Start at {@link TestHttpsServer}, or at {@link KillingProxy} for faults.
 */
package io.rwopguard.testing.network;
