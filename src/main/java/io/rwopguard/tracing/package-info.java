/**
 * Records traces of OpenTelemetry where they are switched on. The rest of the service sees {@link
 * Tracing} and {@link TraceSpan}, which load no class of OpenTelemetry until then.
 *
 * <p>Start at {@link Tracing}.
 */
package io.rwopguard.tracing;
