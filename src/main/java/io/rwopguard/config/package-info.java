/**
 * Declares the settings of the service and checks them once at start. The Javadoc of the settings
 * interfaces is the source of the generated settings reference. The package reads only settings,
 * their files and the environment of the Pod. It may not call the API server, and it does not
 * create what the settings describe.
 *
 * <p>Start at {@link RwopGuardConfig}.
 */
package io.rwopguard.config;
