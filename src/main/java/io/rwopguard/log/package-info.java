/**
 * Writes the log as JSON by a setting, and limits what is logged about requests that anyone can
 * send. The package knows nothing of the rest.
 *
 * <p>Start at {@link RateLimitedLog}.
 */
package io.rwopguard.log;
