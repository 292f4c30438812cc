package io.rwopguard.audit.report;

import io.rwopguard.audit.AuditResult;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.RuleDocumentation;
import io.rwopguard.rules.RuleSet;
import java.io.PrintStream;
import java.time.Instant;

/** Writes a report for Prometheus in its text format, for the node exporter or the Pushgateway. */
public final class MetricsReport {

  private static final String FINDINGS = "rwop_guard_audit_findings";
  private static final String OBJECTS = "rwop_guard_audit_objects";
  private static final String TIME = "rwop_guard_audit_timestamp_seconds";

  private MetricsReport() {}

  /** Writes the number of findings of each rule, also a zero, so that an alert can end. */
  public static void write(AuditResult result, Instant now, PrintStream out) {
    head(out, FINDINGS, "Findings of the last audit, by rule and severity.");
    RuleSet.explained().stream()
        .map(RuleDocumentation::id)
        .forEach(
            rule -> {
              for (Severity severity : Severity.values()) {
                out.println(
                    "%s{rule=\"%s\",severity=\"%s\"} %d"
                        .formatted(
                            FINDINGS,
                            rule,
                            severity.label(),
                            result.counts().ofRule(rule, severity)));
              }
            });
    head(out, OBJECTS, "Objects checked by the last audit.");
    out.println(OBJECTS + " " + result.objects());
    head(out, TIME, "Time of the end of the last audit.");
    out.println(TIME + " " + now.getEpochSecond());
  }

  private static void head(PrintStream out, String name, String help) {
    out.println("# HELP " + name + " " + help);
    out.println("# TYPE " + name + " gauge");
  }
}
