package io.rwopguard.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.audit.Findings.Holder;
import io.rwopguard.audit.report.JsonReport;
import io.rwopguard.audit.report.MetricsReport;
import io.rwopguard.audit.report.PolicyReport;
import io.rwopguard.audit.report.ReportApi;
import io.rwopguard.audit.report.TextReport;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.Finding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/**
 * Compares the report of findings in each format. Run with {@code -Dfixtures.update=true} to write
 * the reports again, and read the difference before you commit it.
 */
class ReportsTest {

  private static final Path EXPECTED = Path.of("src/test/resources/audit/expected");
  private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");
  private static final AuditedObject DEPLOYMENT = object("apps/v1", "Deployment", "shop", "db");
  private static final AuditedObject REPLICA_SET = object("apps/v1", "ReplicaSet", "shop", "db-1");
  private static final AuditedObject POD = object("v1", "Pod", "shop", "db-1-x");
  private static final AuditedObject DRIVER =
      new AuditedObject("storage.k8s.io/v1", "CSIDriver", "", "nfs.csi.k8s.io", "");

  private static AuditedObject object(String version, String kind, String namespace, String name) {
    return new AuditedObject(version, kind, namespace, name, "uid-of-" + name);
  }

  private static Finding finding(String rule, Severity severity, String subject) {
    FieldPath field = FieldPath.ROOT.field("spec").field("replicas");
    return new Finding(rule, severity, field, subject, "it is 2", "make it 1");
  }

  private static AuditResult result() {
    Findings findings = new Findings();
    findings.add(POD, finding("claim-in-use", Severity.AUDIT, "other"), List.of(owner("db-1")));
    findings.add(DRIVER, finding("attach-required", Severity.AUDIT, DRIVER.name()), List.of());
    findings.add(DEPLOYMENT, finding("claim-in-use", Severity.WARN, "data"), List.of());
    findings.add(DEPLOYMENT, finding("single-consumer", Severity.DENY, "data"), List.of());
    findings.add(
        REPLICA_SET, finding("single-consumer", Severity.AUDIT, "data"), List.of(owner("db")));
    return findings.result(7);
  }

  private static Holder owner(String name) {
    return new Holder("shop", name.equals("db") ? "Deployment" : "ReplicaSet", name);
  }

  private static String written(BiConsumer<AuditResult, PrintStream> report) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      report.accept(result(), out);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void assertExpected(String file, String found) throws IOException {
    Path expected = EXPECTED.resolve(file);
    if (Boolean.getBoolean("fixtures.update")) {
      Files.createDirectories(EXPECTED);
      Files.writeString(expected, found);
    }
    assertThat(found).isEqualTo(Files.readString(expected));
  }

  @Test
  void text_is_as_people_were_shown_it() throws IOException {
    assertExpected(
        "findings.txt", written((result, out) -> new TextReport(Ansi.OFF, out).write(result)));
  }

  @Test
  void colours_are_for_terminals() {
    assertThat(written((result, out) -> new TextReport(Ansi.ON, out).write(result)))
        .contains("\u001b[");
  }

  @Test
  void json_is_as_programs_were_given_it() throws IOException {
    assertExpected("findings.json", written(JsonReport::write));
  }

  @Test
  void metrics_count_by_rule_what_was_found_and_what_was_not() throws IOException {
    assertExpected(
        "findings.prom", written((result, out) -> MetricsReport.write(result, NOW, out)));
  }

  @Test
  void a_report_of_a_namespace_is_as_dashboards_were_given_it() throws IOException {
    AuditResult result = result();
    ReportApi api =
        new ReportApi("wgpolicyk8s.io", "v1alpha2", "PolicyReport", "ClusterPolicyReport");
    List<AuditFinding> inShop =
        result.findings().stream().filter(each -> !each.object().equals(DRIVER)).toList();
    var report = PolicyReport.of(api, "shop", inShop, result.counts(), NOW);
    assertExpected(
        "report.json",
        new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
  }

  @Test
  void a_report_holds_no_more_than_etcd_takes_and_counts_the_rest() {
    Findings findings = new Findings();
    for (int i = 0; i < PolicyReport.MOST + 5; i++) {
      findings.add(
          object("v1", "Pod", "shop", "p" + i), finding("x", Severity.DENY, "c"), List.of());
    }
    AuditResult result = findings.result(1);
    ReportApi api = new ReportApi("openreports.io", "v1alpha1", "Report", "ClusterReport");
    var report = PolicyReport.of(api, "shop", result.findings(), result.counts(), NOW);
    assertThat((List<?>) report.get("results")).hasSize(PolicyReport.MOST);
    assertThat(report.<Object>get("summary", "fail")).isEqualTo((long) PolicyReport.MOST + 5);
  }

  @Test
  void counts_what_does_not_fit_into_memory() {
    Findings findings = new Findings();
    for (int i = 0; i < Findings.MOST + 3; i++) {
      findings.add(
          object("v1", "Pod", "shop", "p" + i), finding("x", Severity.WARN, "c"), List.of());
    }
    AuditResult result = findings.result(1);
    assertThat(result.findings()).hasSize(Findings.MOST);
    assertThat(result.untold()).isEqualTo(3);
    assertThat(result.summary())
        .contains("50003 warn")
        .contains("3 of them are counted but not listed");
  }

  @Test
  void ten_pods_of_what_is_not_looked_at_say_the_same_once() {
    Findings findings = new Findings();
    Holder database = new Holder("shop", "Database", "d");
    for (int i = 0; i < 10; i++) {
      findings.add(
          object("v1", "Pod", "shop", "d-" + i),
          finding("x", Severity.AUDIT, "c"),
          List.of(database));
    }
    AuditResult result = findings.result(10);
    assertThat(result.findings()).hasSize(1);
    assertThat(result.repeated()).isEqualTo(9);
  }

  @Test
  void ignores_what_is_less_serious_than_asked_for() {
    AuditResult result = result();
    assertThat(result.hasAtLeast(Severity.DENY)).isTrue();
    Findings none = new Findings();
    none.add(POD, finding("x", Severity.WARN, "c"), List.of());
    assertThat(none.result(1).hasAtLeast(Severity.DENY)).isFalse();
    assertThat(none.result(1).hasAtLeast(Severity.WARN)).isTrue();
    assertThat(none.result(1).hasAtLeast(Severity.AUDIT)).isTrue();
  }
}
