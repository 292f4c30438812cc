/**
 * Decides who may read the management port, if it is secure: asks the API server whose token a
 * request has, and what that user may do, as Kubernetes' own servers do. The package does not serve
 * anything itself.
 *
 * <p>Start at {@link SecureManagement}.
 */
package io.rwopguard.management;
