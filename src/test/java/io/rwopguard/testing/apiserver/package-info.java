/**
 * Starts real API servers, and installs the packaged service behind them.
 *
 * <p>Start at {@link ApiServer}: all test classes share two of them.
 */
package io.rwopguard.testing.apiserver;
