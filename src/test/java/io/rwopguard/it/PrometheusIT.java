package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.rwopguard.certificates.TestCertificates;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.InstalledService;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.process.Prometheus;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus with the alerts of the chart. It reads the metrics of two replicas of the
 * packaged service, of which one leads failover and has a secure management port, and of the API
 * server that calls the first one.
 */
// late, since Prometheus is the last that a new machine builds
@Order(Order.DEFAULT + 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrometheusIT {

  private static final String NAMESPACE = "prometheus";

  private static final String CONFIGURATION =
      """
      global: {scrape_interval: 1s, evaluation_interval: 1s}
      rule_files: ["%s"]
      scrape_configs:
        - job_name: rwop-guard
          metrics_path: /q/metrics
          static_configs: [{targets: ["127.0.0.1:%d"]}]
        - job_name: secure
          metrics_path: /q/metrics
          scheme: https
          authorization: {credentials_file: "%s"}
          tls_config: {ca_file: "%s", server_name: localhost}
          relabel_configs: [{target_label: job, replacement: rwop-guard}]
          static_configs: [{targets: ["127.0.0.1:%d"]}]
        - job_name: apiserver
          scheme: https
          scrape_interval: 2s
          tls_config: {ca_file: "%s", cert_file: "%s", key_file: "%s"}
          static_configs: [{targets: ["%s"]}]
      """;

  /** What lets a Prometheus read a management port that is secure. */
  private static final String READER =
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: prometheus, namespace: prometheus}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: prometheus-reader}
      rules: [{nonResourceURLs: [/q/metrics], verbs: [get]}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: prometheus-reader}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus-reader}
      subjects: [{kind: ServiceAccount, name: prometheus, namespace: prometheus}]
      """;

  /** A webhook that no process serves. It concerns a single namespace. */
  private static final String DEAD =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingWebhookConfiguration
      metadata: {name: prometheus-%1$s}
      webhooks:
        - name: %1$s.validate.rwop-guard.io
          failurePolicy: %2$s
          clientConfig: {url: "https://127.0.0.1:1/validate"}
          timeoutSeconds: 1
          sideEffects: None
          admissionReviewVersions: [v1]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: prometheus}}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
      """;

  private static final String CONFIG_MAP =
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: refused, namespace: prometheus}}";

  /** Queries without data while nothing has happened that they count, or in this installation. */
  private static final Pattern WITHOUT_DATA =
      Pattern.compile(
          "failovers_total|refusals_total|failover_\\w+_seconds_bucket|storage_stalls|failing_pods"
              + "|certificate_leader|ca_bundle|synced == 0");

  private ApiServer api;
  private InstalledService service;
  private ServiceProcess controller;
  private Prometheus prometheus;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    api = ApiServer.running();
    api.client()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
    service = new InstalledService(api);
    api.kubectl(READER, "apply", "-f", "-");
    Path token =
        Files.writeString(
            directory.resolve("token"),
            api.kubectl("", "create", "token", "prometheus", "-n", NAMESPACE).output().strip());
    TestCertificates.make(directory);
    controller =
        new ServiceProcess(
            ServiceProcess.SECURE,
            "rwop-guard.tls.certificate=" + directory.resolve("tls.crt"),
            "rwop-guard.tls.key=" + directory.resolve("tls.key"),
            "rwop-guard.kubeconfig=" + api.kubeconfig(),
            "rwop-guard.namespace=" + NAMESPACE,
            "rwop-guard.failover.mode=observe",
            "rwop-guard.failover.namespaces=" + NAMESPACE);
    api.client().resource(DEAD.formatted("open", "Ignore")).create();
    api.client().resource(DEAD.formatted("closed", "Fail")).create();
    Config config = api.client().getConfiguration();
    prometheus =
        Prometheus.orSkip(
            CONFIGURATION.formatted(
                Helm.CHART.resolve("files/alerts.yaml").toAbsolutePath(),
                service.managementPort(),
                token,
                directory.resolve("ca.crt"),
                controller.managementPort(),
                config.getCaCertFile(),
                config.getClientCertFile(),
                config.getClientKeyFile(),
                URI.create(config.getMasterUrl()).getAuthority()));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> single("sum(up)") == 3 && single("max(rwop_guard_failover_leader)") == 1);
  }

  @AfterAll
  void stop() throws Exception {
    if (prometheus != null) {
      prometheus.close();
    }
    if (controller != null) {
      controller.close();
    }
    if (service != null) {
      service.close();
    }
    for (String dead : List.of("prometheus-open", "prometheus-closed")) {
      api.kubectl("", "delete", "validatingwebhookconfiguration", dead);
    }
    api.kubectl(READER, "delete", "--ignore-not-found", "-f", "-");
    api.kubectl("", "delete", "leases", "--all", "-n", NAMESPACE);
  }

  private double single(String expression) throws IOException, InterruptedException {
    JsonNode series = prometheus.query(expression);
    return series.isEmpty() ? Double.NaN : series.get(0).path("value").get(1).asDouble();
  }

  @Test
  void each_query_of_the_dashboard_has_an_answer() throws Exception {
    List<String> queries = new ArrayList<>();
    JsonNode dashboard =
        new JsonMapper().readTree(Helm.CHART.resolve("files/dashboard.json").toFile());
    for (JsonNode panel : dashboard.path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(target.path("expr").asText());
      }
    }
    assertThat(queries).hasSizeGreaterThan(30);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              callDead();
              for (String query : queries) {
                JsonNode answer = prometheus.query(query.replace("$__rate_interval", "10s"));
                if (!WITHOUT_DATA.matcher(query).find()) {
                  assertThat(answer).as(query).isNotEmpty();
                }
              }
            });
  }

  @Test
  void the_alerts_notice_webhooks_that_do_not_answer_and_nothing_else() throws Exception {
    Map<String, String> expected = new HashMap<>();
    prometheus.rules().forEach(rule -> expected.put(name(rule), "inactive"));
    assertThat(expected).hasSizeGreaterThan(10);
    expected.put("RwopGuardRequestsRefused", "firing");
    expected.put("RwopGuardNotAnswering", "pending");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              assertThat(callDead()).contains("failed calling webhook");
              assertThat(states()).isEqualTo(expected);
            });
    assertThat(prometheus.rules())
        .allSatisfy(
            rule -> assertThat(rule.path("health").asText()).as(rule.toString()).isEqualTo("ok"));
  }

  /** Creates an object that the API server refuses, because a webhook does not answer. */
  private String callDead() throws IOException, InterruptedException {
    return api.kubectl(CONFIG_MAP, "create", "--dry-run=server", "-f", "-").output();
  }

  private Map<String, String> states() throws IOException, InterruptedException {
    Map<String, String> states = new HashMap<>();
    prometheus.rules().forEach(rule -> states.put(name(rule), rule.path("state").asText()));
    return states;
  }

  private static String name(JsonNode rule) {
    return rule.path("name").asText();
  }
}
