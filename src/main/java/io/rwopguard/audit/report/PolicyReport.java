package io.rwopguard.audit.report;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.rwopguard.audit.AuditFinding;
import io.rwopguard.audit.AuditedObject;
import io.rwopguard.audit.FindingCounts;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.Finding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The report of one namespace, or of the objects outside namespaces. */
public final class PolicyReport {

  static final String NAME = "rwop-guard";
  static final String LABEL = OwnLabels.MANAGED_BY;

  /**
   * The maximum number of results. More would not fit: etcd accepts 1.5 MB for an object, and a
   * result has some 800 bytes.
   */
  public static final int MOST = 1_000;

  private PolicyReport() {}

  /**
   * Creates the report.
   *
   * @param namespace empty for the objects outside namespaces
   * @param findings those in the namespace, the most serious first
   */
  public static GenericKubernetesResource of(
      ReportApi api,
      String namespace,
      List<AuditFinding> findings,
      FindingCounts counts,
      Instant now) {
    GenericKubernetesResource report = new GenericKubernetesResource();
    report.setApiVersion(api.apiVersion());
    report.setKind(namespace.isEmpty() ? api.clusterKind() : api.kind());
    report.setMetadata(
        new ObjectMetaBuilder()
            .withName(NAME)
            .withNamespace(namespace.isEmpty() ? null : namespace)
            .withLabels(Map.of(LABEL, NAME))
            .build());
    List<Map<String, Object>> results = new ArrayList<>();
    findings.stream().limit(MOST).forEach(each -> results.add(result(each, now)));
    report.setAdditionalProperty("results", results);
    report.setAdditionalProperty("summary", summary(namespace, counts));
    return report;
  }

  private static Map<String, Object> result(AuditFinding each, Instant now) {
    Finding finding = each.finding();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("source", NAME);
    result.put("policy", NAME);
    result.put("rule", finding.rule());
    result.put("category", "ReadWriteOncePod");
    result.put("result", finding.severity() == Severity.DENY ? "fail" : "warn");
    result.put("severity", severity(finding.severity()));
    result.put("message", finding.message());
    result.put("properties", Map.of("field", finding.field().text()));
    Map<String, Object> timestamp = new LinkedHashMap<>();
    timestamp.put("seconds", now.getEpochSecond());
    timestamp.put("nanos", 0);
    result.put("timestamp", timestamp);
    result.put("resources", List.of(reference(each.object())));
    return result;
  }

  /**
   * Returns a severity that early schemas of v1alpha2 know; they have neither critical nor info.
   */
  private static String severity(Severity severity) {
    return switch (severity) {
      case DENY -> "high";
      case WARN -> "medium";
      case AUDIT -> "low";
    };
  }

  private static Map<String, Object> reference(AuditedObject object) {
    Map<String, Object> reference = new LinkedHashMap<>();
    reference.put("apiVersion", object.apiVersion());
    reference.put("kind", object.kind());
    if (!object.namespace().isEmpty()) {
      reference.put("namespace", object.namespace());
    }
    reference.put("name", object.name());
    if (!object.uid().isEmpty()) {
      reference.put("uid", object.uid());
    }
    return reference;
  }

  /** Returns the numbers of all findings, also of those beyond the report's limit. */
  private static Map<String, Object> summary(String namespace, FindingCounts counts) {
    long fail = counts.inNamespace(namespace, Severity.DENY);
    long warn =
        counts.inNamespace(namespace, Severity.WARN)
            + counts.inNamespace(namespace, Severity.AUDIT);
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("pass", 0);
    summary.put("fail", fail);
    summary.put("warn", warn);
    summary.put("error", 0);
    summary.put("skip", 0);
    return summary;
  }
}
