/**
 * Serves the two webhooks of the API server: decodes a review, decides on it, and encodes the
 * response. The package also handles limits, logs, metrics, readiness and shutdown of the endpoint.
 * It contains no rules or mutations, and does not call the API server itself.
 *
 * <p>Start at {@link AdmissionResource}.
 */
package io.rwopguard.server;
