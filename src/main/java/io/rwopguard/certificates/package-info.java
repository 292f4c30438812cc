/**
 * Provides the serving certificate of the HTTPS server, from files or from certificates that the
 * service issues itself. The package is responsible for issuing and renewing them, for the two
 * Secrets and for the {@code caBundle}s of the webhooks. Only the elected replica writes to the
 * cluster, and each write names the version that was read. {@link CertificatePlanner} decides each
 * step with no client and no clock.
 *
 * <p>Start at {@link ServingCertificate}.
 */
package io.rwopguard.certificates;
