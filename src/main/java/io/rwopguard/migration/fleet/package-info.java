/**
 * Migrates the claims of many namespaces, some in parallel and within a window, and reports the
 * results.
 *
 * <p>Start at {@link Fleet}.
 */
package io.rwopguard.migration.fleet;
