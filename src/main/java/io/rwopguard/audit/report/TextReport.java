package io.rwopguard.audit.report;

import io.rwopguard.audit.AuditFinding;
import io.rwopguard.audit.AuditResult;
import io.rwopguard.audit.AuditedObject;
import io.rwopguard.model.Severity;
import java.io.PrintStream;
import picocli.CommandLine.Help.Ansi;

/** Writes a report for people: by namespace and object, with the findings of each. */
public final class TextReport {

  private final Ansi ansi;
  private final PrintStream out;

  /** Creates a report with or without colors. */
  public TextReport(Ansi ansi, PrintStream out) {
    this.ansi = ansi;
    this.out = out;
  }

  /** Writes all findings, and a line with their number. */
  public void write(AuditResult result) {
    String namespace = null;
    AuditedObject object = null;
    for (AuditFinding each : result.findings()) {
      if (!each.object().namespace().equals(namespace)) {
        namespace = each.object().namespace();
        String heading = namespace.isEmpty() ? "The cluster" : "Namespace " + namespace;
        out.println(ansi.string("@|bold %s|@".formatted(heading)));
      }
      if (!each.object().equals(object)) {
        object = each.object();
        out.println("  " + ansi.string("@|bold %s|@".formatted(object.label())));
      }
      out.println("    %s %s".formatted(label(each), each.finding().message()));
    }
    if (object != null) {
      out.println();
    }
    out.println(result.summary());
  }

  private String label(AuditFinding finding) {
    Severity severity = finding.finding().severity();
    String colour =
        severity == Severity.DENY ? "red" : severity == Severity.WARN ? "yellow" : "cyan";
    return ansi.string("@|bold,%s %-5s|@".formatted(colour, severity.label()));
  }
}
