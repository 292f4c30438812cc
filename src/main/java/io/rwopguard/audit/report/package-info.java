/**
 * Reports the result of an audit: as text, JSON, metrics, or policy reports in the cluster. It
 * evaluates nothing.
 *
 * <p>Start at {@link io.rwopguard.audit.report.TextReport}.
 */
package io.rwopguard.audit.report;
