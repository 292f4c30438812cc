package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.SelfManagedInstallation;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.manifests.AuditedObjects;
import io.rwopguard.testing.process.CommandLineResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The policy reports that an audit keeps, and what its CronJob may do. */
@Sampled(methods = 2)
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditReportsIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String WORKING_GROUP = "wgpolicyk8s.io";
  private static final String OPEN_REPORTS = "openreports.io";

  private static final String FOREIGN =
      """
      apiVersion: %s
      kind: %s
      metadata: {name: %s, namespace: %s, labels: {app.kubernetes.io/managed-by: kyverno}}
      results: [{policy: theirs, result: fail}]
      """;

  private ApiServer api;

  @BeforeAll
  void start() {
    api = ApiServer.running();
  }

  @AfterEach
  void removeTheCrds() throws Exception {
    api.kubectl("", "delete", "customresourcedefinitions", "--all");
  }

  private String kubectl(String manifest, String... arguments) throws Exception {
    KubectlResult result = api.kubectl(manifest, arguments);
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  private void install(String group) throws Exception {
    kubectl(AuditedObjects.crds(group), "apply", "-f", "-");
    kubectl(AuditedObjects.crds(group), "wait", "--for=condition=Established", "-f", "-");
  }

  private static CommandLineResult audit(Path kubeconfig, String... more) {
    String[] command = new String[more.length + 5];
    List.of("audit", "--format", "policy-report", "--fail-on", "never").toArray(command);
    System.arraycopy(more, 0, command, 5, more.length);
    return CommandLineResult.of(kubeconfig, "", command);
  }

  private static void assertAudited(CommandLineResult result, String said) {
    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).contains(said);
  }

  private JsonNode report(String resource, String name, String namespace) throws Exception {
    return JSON.readTree(kubectl("", "get", resource, name, "-n", namespace, "-o", "json"));
  }

  /**
   * An audit ignores what is being deleted: no kubelet or controller completes the deletion here.
   */
  private void empty(String namespace) throws Exception {
    String all = "deployments,pods,persistentvolumeclaims,horizontalpodautoscalers";
    kubectl("", "delete", all, "--all", "--wait=false", "-n", namespace);
  }

  private String names(String resource, String namespace) throws Exception {
    return kubectl("", "get", resource, "-n", namespace, "-o", "name");
  }

  @ParameterizedTest
  @CsvSource({
    "wgpolicyk8s.io, v1alpha2, PolicyReport, ClusterPolicyReport",
    "openreports.io, v1alpha1, Report,       ClusterReport"
  })
  void reports_come_with_what_is_wrong_and_go_with_it(
      String group, String version, String kind, String clusterKind) throws Exception {
    String namespace = "reported-" + kind.toLowerCase(Locale.ROOT);
    String reports = kind + "s." + group;
    String clusterReports = clusterKind + "s." + group;
    install(group);
    kubectl(AuditedObjects.bad(namespace), "apply", "-f", "-");
    String apiVersion = group + "/" + version;
    kubectl(FOREIGN.formatted(apiVersion, kind, "theirs", namespace), "create", "-f", "-");
    JsonNode theirs = report(reports, "theirs", namespace);

    assertAudited(audit(api.kubeconfig()), "reports of %s (%s): ".formatted(kind, apiVersion));
    JsonNode ours = report(reports, "rwop-guard", namespace);
    assertThat(ours.at("/summary/fail").asInt()).isEqualTo(2);
    assertThat(ours.at("/summary/warn").asInt()).isEqualTo(3);
    assertThat(ours.path("results")).hasSize(5);
    JsonNode first = ours.at("/results/0");
    assertThat(first.path("rule").asText()).isEqualTo("single-consumer");
    assertThat(first.path("result").asText()).isEqualTo("fail");
    assertThat(first.at("/resources/0/name").asText()).isEqualTo("db");
    assertThat(report(clusterReports, "rwop-guard", "").toString())
        .contains("attach-required", namespace + "-hostpath");

    // one finding is fixed: the report is written again
    kubectl("", "delete", "hpa", "db", "-n", namespace);
    assertAudited(audit(api.kubeconfig()), "written");
    JsonNode then = report(reports, "rwop-guard", namespace);
    assertThat(then.path("results")).hasSize(4);
    assertThat(then.at("/metadata/uid")).isEqualTo(ours.at("/metadata/uid"));

    // all are fixed: the report is gone, and no other one
    empty(namespace);
    assertAudited(audit(api.kubeconfig()), "without findings removed");
    assertThat(names(reports, namespace)).doesNotContain("rwop-guard").contains("theirs");
    assertThat(report(reports, "theirs", namespace)).isEqualTo(theirs);
    kubectl(
        AuditedObjects.bad(namespace), "delete", "--ignore-not-found", "--wait=false", "-f", "-");
  }

  @Test
  void leaves_a_report_of_another_program_that_has_our_name() throws Exception {
    install(WORKING_GROUP);
    String namespace = "report-taken";
    kubectl(AuditedObjects.bad(namespace), "apply", "-f", "-");
    String apiVersion = WORKING_GROUP + "/v1alpha2";
    kubectl(
        FOREIGN.formatted(apiVersion, "PolicyReport", "rwop-guard", namespace),
        "create",
        "-f",
        "-");
    JsonNode before = report("policyreports", "rwop-guard", namespace);
    CommandLineResult result = audit(api.kubeconfig(), "-n", namespace);
    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .contains("a report named rwop-guard belongs to another tool")
        .contains(namespace);
    kubectl(AuditedObjects.bad(namespace), "delete", "--wait=false", "-f", "-");
    assertThat(report("policyreports", "rwop-guard", namespace)).isEqualTo(before);
  }

  @Test
  void reports_move_on_to_open_reports_once_the_cluster_has_them() throws Exception {
    install(WORKING_GROUP);
    String namespace = "report-moved";
    kubectl(AuditedObjects.bad(namespace), "apply", "-f", "-");
    assertAudited(
        audit(api.kubeconfig(), "-n", namespace),
        "reports of PolicyReport (wgpolicyk8s.io/v1alpha2): 1 written");
    install(OPEN_REPORTS);
    assertAudited(
        audit(api.kubeconfig(), "-n", namespace),
        "reports of Report (openreports.io/v1alpha1): 1 written");
    assertThat(names("policyreports", namespace)).isEqualTo("");
    assertThat(names("reports", namespace)).contains("rwop-guard");
    kubectl(AuditedObjects.bad(namespace), "delete", "--wait=false", "-f", "-");
  }

  @Test
  void the_cron_job_may_do_what_it_does_and_nothing_else() throws Exception {
    Helm helm = Helm.orSkip();
    String account = Helm.RELEASE + "-audit";
    String[] chart = {"--set", "audit.enabled=true"};
    String manifests = helm.template(chart);
    api.kubectl("", "create", "namespace", Helm.RELEASE);
    kubectl(manifests, "apply", "-f", "-", "--prune=false", "-l", "!helm.sh/hook");
    install(WORKING_GROUP);
    String namespace = "report-account";
    kubectl(AuditedObjects.bad(namespace), "apply", "-f", "-");
    // where this is asked for nodes are listed, too
    kubectl("", "label", "namespace", namespace, "rwop-guard.io/scope=ReadWriteOnce");
    try {
      Path kubeconfig = SelfManagedInstallation.kubeconfig(api, Helm.RELEASE, account);
      Path settings =
          Files.writeString(
              Path.of("target/audit-settings.properties"),
              Helm.the("ConfigMap", Helm.RELEASE, helm.render(chart))
                  .at("/data/application.properties")
                  .asText());
      String[] withSettings = {"--settings", settings.toString(), "--chunk-size", "2"};
      assertAudited(audit(kubeconfig, withSettings), "of PolicyReport (wgpolicyk8s.io/v1alpha2)");
      assertAudited(audit(kubeconfig, withSettings), "of PolicyReport (wgpolicyk8s.io/v1alpha2)");
      install(OPEN_REPORTS);
      assertAudited(
          audit(kubeconfig, withSettings), "reports of Report (openreports.io/v1alpha1): ");
      kubectl(AuditedObjects.bad(namespace), "delete", "--wait=false", "-f", "-");
      empty(namespace);
      assertAudited(audit(kubeconfig, withSettings), "without findings removed");

      Set<String> granted = granted(helm.render(chart), account);
      Set<String> used = used(account);
      assertThat(granted).containsAll(used);
      // the chart's own is the third
      assertThat(api.auditLog())
          .content()
          .containsPattern("/deployments\\?continue=[^\"]*limit=2\\b");
      // by name it only asks for what has come since all was read, or is not there
      Set<String> unused = new TreeSet<>(granted);
      unused.removeAll(used);
      unused.removeIf(each -> each.startsWith("get "));
      // what other tests have left may keep these
      unused.removeIf(each -> each.matches("(patch|delete) (cluster)?reports.openreports.io"));
      assertThat(unused).isEmpty();
    } finally {
      api.kubectl(manifests, "delete", "--ignore-not-found", "--wait=false", "-f", "-");
    }
  }

  private static Set<String> granted(List<ObjectNode> manifests, String role) {
    Set<String> granted = new TreeSet<>();
    for (JsonNode rule : Helm.the("ClusterRole", role, manifests).path("rules")) {
      for (JsonNode resource : rule.path("resources")) {
        for (JsonNode verb : rule.path("verbs")) {
          granted.add(right(verb, rule.at("/apiGroups/0"), resource));
        }
      }
    }
    return granted;
  }

  private Set<String> used(String account) throws IOException {
    Set<String> used = new TreeSet<>();
    for (String line : Files.readAllLines(api.auditLog())) {
      JsonNode request = JSON.readTree(line);
      JsonNode object = request.path("objectRef");
      if (request.at("/user/username").asText().endsWith(":" + account) && object.has("resource")) {
        used.add(right(request.path("verb"), object.path("apiGroup"), object.path("resource")));
      }
    }
    return used;
  }

  private static String right(JsonNode verb, JsonNode group, JsonNode resource) {
    String suffix = group.asText().isEmpty() ? "" : "." + group.asText();
    return verb.asText() + " " + resource.asText() + suffix;
  }
}
