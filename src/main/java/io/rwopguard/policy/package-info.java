/**
 * Creates the rules and the mutations from the settings, and rejects settings that name unknown
 * rules or kinds. The package contains no client and no clock. It may not evaluate objects.
 *
 * <p>Start at {@link PolicyReader}.
 */
package io.rwopguard.policy;
