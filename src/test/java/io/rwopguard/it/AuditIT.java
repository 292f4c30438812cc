package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.manifests.AuditedObjects;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The audit of a real API server's objects, by the packaged program. */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String BAD = "audit-bad";
  private static final String GOOD = "audit-good";

  private static final String KEPT =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: audit-good-kept}
      spec:
        capacity: {storage: 1Gi}
        accessModes: [ReadWriteOnce]
        storageClassName: manual
        persistentVolumeReclaimPolicy: Retain
        csi: {driver: audit-good.example.org, volumeHandle: kept}
        claimRef: {namespace: audit-good, name: waiting}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: waiting, namespace: audit-good}
      spec:
        accessModes: [ReadWriteOncePod]
        storageClassName: manual
        resources: {requests: {storage: 1Gi}}
      """;

  private ApiServer api;

  @BeforeAll
  void create() throws Exception {
    api = ApiServer.running();
    kubectl(AuditedObjects.bad(BAD), "apply", "-f", "-");
    kubectl(AuditedObjects.good(), "apply", "-f", "-");
  }

  @AfterAll
  void cleanUp() throws Exception {
    kubectl(AuditedObjects.bad(BAD), "delete", "--wait=false", "-f", "-");
    kubectl(AuditedObjects.good(), "delete", "--wait=false", "-f", "-");
  }

  private String kubectl(String manifest, String... arguments) throws Exception {
    KubectlResult result = api.kubectl(manifest, arguments);
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  private CommandLineResult audit(String... arguments) {
    return auditBy(api.kubeconfig(), arguments);
  }

  private static CommandLineResult auditBy(Path kubeconfig, String... arguments) {
    List<String> command = new ArrayList<>(List.of("audit"));
    command.addAll(List.of(arguments));
    return CommandLineResult.of(kubeconfig, "", command.toArray(new String[0]));
  }

  @Test
  void lists_findings_by_namespace_and_object() throws Exception {
    CommandLineResult result = audit("-n", BAD);
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output())
        .contains("Namespace " + BAD + "\n")
        .contains("  Deployment audit-bad/db\n    deny  spec.replicas: ")
        .contains("(single-consumer)", "(autoscaled)", "(claim-unknown)", "(csi-only)")
        .contains("    warn  spec.accessModes: the volume of claim half is ReadWriteOncePod")
        .contains("spec.template.spec.containers[0].image: csi-provisioner v2.2.2 does not support")
        .contains("spec.attachRequired: it is false")
        .endsWith("; 1 more in dependent objects\n")
        .doesNotContain("bypasses-scheduler")
        // neither a terminal's colours nor its bar
        .doesNotContain("\u001b", "\r");
    assertThat(Path.of("docs/guides/audit.md")).content().contains(asInDocuments(result));
  }

  private static String asInDocuments(CommandLineResult result) {
    return "\n" + result.output().replace(BAD, "shop");
  }

  @Test
  void lists_and_explains_also_what_only_an_audit_finds() {
    assertThat(CommandLineResult.of(api.kubeconfig(), "", "rules").output())
        .contains("Checks that only an audit of a cluster makes:\ncsi-sidecar-version")
        .contains("attach-required ");
    CommandLineResult explained =
        CommandLineResult.of(api.kubeconfig(), "", "explain", "csi-sidecar-version");
    assertThat(explained.exitCode()).isZero();
    assertThat(explained.output()).contains("csi-provisioner before v3.0.0", "update the driver");
  }

  @Test
  void json_has_nothing_beside_it_and_names_every_object() throws Exception {
    CommandLineResult result = audit("-n", BAD, "--format", "json", "--fail-on", "never");
    assertThat(result.exitCode()).as(result.output()).isZero();
    JsonNode report = JSON.readTree(result.output());
    List<String> findings =
        StreamSupport.stream(report.path("findings").spliterator(), false)
            .map(
                each ->
                    "%s %s %s %s"
                        .formatted(
                            each.path("severity").asText(),
                            each.path("rule").asText(),
                            each.at("/object/kind").asText(),
                            each.at("/object/name").asText()))
            .toList();
    assertThat(findings)
        .containsExactly(
            "deny csi-only PersistentVolume audit-bad-hostpath",
            "audit attach-required CSIDriver audit-bad.example.org",
            "deny single-consumer Deployment db",
            "deny autoscaled HorizontalPodAutoscaler db",
            "warn csi-sidecar-version Deployment csi-controller",
            "warn half-migrated PersistentVolumeClaim half",
            "warn claim-unknown Pod debug");
    assertThat(report.at("/findings/0/object/uid").asText()).isNotEmpty();
    assertThat(report.at("/summary/deny").asInt()).isEqualTo(3);
    // the volume of the half-migrated claim, which has the same finding
    assertThat(report.at("/summary/repeated").asInt()).isEqualTo(1);
  }

  @Test
  void in_what_is_good_nothing_is_found() {
    CommandLineResult result = audit("-n", GOOD, "--fail-on", "audit");
    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).isEqualTo("5 objects: 0 deny, 0 warn, 0 audit\n");
  }

  @Test
  void a_volume_that_was_kept_is_not_that_of_its_claims_namesake() throws Exception {
    kubectl(KEPT, "apply", "-f", "-");
    try {
      assertThat(audit("-n", GOOD).output()).contains("(half-migrated)");
      kubectl(
          "",
          "patch",
          "pv",
          "audit-good-kept",
          "--subresource=status",
          "--type=merge",
          "-p",
          "{\"status\":{\"phase\":\"Released\"}}");
      assertThat(audit("-n", GOOD).output()).doesNotContain("(half-migrated)");
    } finally {
      kubectl(KEPT, "delete", "--wait=false", "-f", "-");
    }
  }

  @Test
  void all_is_found_whatever_an_answer_holds() throws Exception {
    JsonNode whole = JSON.readTree(audit("--format", "json", "--fail-on", "never").output());
    JsonNode paged =
        JSON.readTree(
            audit("--format", "json", "--fail-on", "never", "--chunk-size", "2").output());
    assertThat(paged).isEqualTo(whole);
    assertThat(whole.toString()).contains(BAD).doesNotContain("\"" + GOOD + "\"");
  }

  @Test
  void settings_and_labels_say_how_seriously_it_is_taken() throws Exception {
    CommandLineResult off =
        audit("-n", BAD, "--rule", "csi-sidecar-version=off", "--rule", "attach-required=deny");
    assertThat(off.output())
        .doesNotContain("(csi-sidecar-version)")
        .contains("deny  spec.attachRequired");
    CommandLineResult unknown = audit("-n", BAD, "--rule", "attach-requird=deny");
    assertThat(unknown.exitCode()).isEqualTo(64);
    assertThat(unknown.output()).contains("attach-requird");
  }

  @Test
  void metrics_count_findings_by_rule() {
    assertThat(audit("-n", BAD, "--format", "metrics").output())
        .contains("rwop_guard_audit_findings{rule=\"single-consumer\",severity=\"deny\"} 1\n")
        .contains("rwop_guard_audit_findings{rule=\"csi-sidecar-version\",severity=\"warn\"} 1\n")
        .contains("rwop_guard_audit_findings{rule=\"annotation\",severity=\"deny\"} 0\n");
  }

  @Test
  void a_namespace_that_is_not_there_is_no_good_one() {
    CommandLineResult result = audit("-n", "audit-baad");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.output()).isEqualTo("rwop-guard: namespace audit-baad does not exist\n");
  }

  @Test
  void without_the_crds_no_report_can_be_written() throws Exception {
    CommandLineResult result = audit("--format", "policy-report");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.output())
        .startsWith("rwop-guard: the cluster has no policy report API: install the CRDs of one of ")
        .contains("openreports.io/v1alpha1", "wgpolicyk8s.io/v1alpha2");
    assertThat(Path.of("docs/guides/audit.md")).content().contains(asInDocuments(result));
  }

  @Test
  void names_what_a_user_may_not_read() throws Exception {
    String anonymous =
        Files.readString(api.kubeconfig()).replaceAll("client-(certificate|key)(-data)?:.*", "");
    Path kubeconfig = Files.writeString(Path.of("target/audit-anonymous-kubeconfig"), anonymous);
    CommandLineResult result = auditBy(kubeconfig.toAbsolutePath());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.output())
        .startsWith("rwop-guard: the API server refused a request: ")
        .contains("persistentvolumeclaims is forbidden", "cannot list resource")
        .contains("; ask the cluster's administrator for this right")
        .hasLineCount(1);
    assertThat(Path.of("docs/guides/audit.md")).content().contains(asInDocuments(result));
  }

  @Test
  void a_cluster_that_does_not_answer_is_named() throws Exception {
    String nowhere =
        Files.readString(api.kubeconfig()).replaceAll("(server: \"?https://[^:]*:)\\d+", "$11");
    Path kubeconfig = Files.writeString(Path.of("target/audit-nowhere-kubeconfig"), nowhere);
    CommandLineResult result = auditBy(kubeconfig.toAbsolutePath());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.output())
        .startsWith("rwop-guard: the cluster is unreachable: ")
        .contains("127.0.0.1:1")
        .hasLineCount(1);
  }

  @Test
  void a_wrong_command_is_answered_with_the_usage() {
    CommandLineResult result = audit("--chunk-size", "0");
    assertThat(result.exitCode()).isEqualTo(64);
    assertThat(result.output()).contains("--chunk-size must be 1 or more", "Usage: rwop-guard");
  }
}
