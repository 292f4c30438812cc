/**
 * Renders and installs the Helm chart, and reads what it grants.
 *
 * <p>Start at {@link Helm}.
 */
package io.rwopguard.testing.chart;
