/**
 * Checks the existing objects of a cluster with the rules, and reports the findings as text, JSON,
 * metrics or policy reports. The package may write nothing but policy reports to the cluster. The
 * rules decide on the severity of each finding.
 *
 * <p>Start at {@link Auditor}.
 */
package io.rwopguard.audit;
