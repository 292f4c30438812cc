package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.manifests.Manifests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks what the chart installs for Prometheus, Grafana and an OpenTelemetry Collector. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartMonitoringIT {

  private static final Path FILES = Helm.CHART.resolve("files");
  private static final String FAILOVER = "failover.mode=observe";

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  private Map<String, JsonNode> alerts(String... values) throws Exception {
    ObjectNode rule =
        Helm.the(
            "PrometheusRule",
            Helm.RELEASE,
            helm.render("--set", "prometheusRule.enabled=true," + String.join(",", values)));
    return alerts(rule.path("spec"));
  }

  private static Map<String, JsonNode> alerts(JsonNode spec) {
    Map<String, JsonNode> alerts = new TreeMap<>();
    for (JsonNode group : spec.path("groups")) {
      assertThat(group.path("rules")).isNotEmpty();
      group.path("rules").forEach(rule -> alerts.put(rule.path("alert").asText(), rule));
    }
    return alerts;
  }

  private static Map<String, String> environment(ObjectNode deployment) {
    Map<String, String> environment = new TreeMap<>();
    for (JsonNode each : deployment.at("/spec/template/spec/containers/0/env")) {
      JsonNode field = each.at("/valueFrom/fieldRef/fieldPath");
      String value = field.isMissingNode() ? each.path("value").asText() : field.asText();
      assertThat(environment.put(each.path("name").asText(), value)).isNull();
    }
    return environment;
  }

  @Test
  void traces_go_to_the_collector_where_one_is_named() throws Exception {
    List<ObjectNode> manifests =
        helm.render(
            "--set",
            "failover.mode=observe,networkPolicy.enabled=true"
                + ",tracing.endpoint=http://collector.observability:4318,tracing.sampleRatio=0.5");
    for (String name : List.of(Helm.RELEASE, Helm.RELEASE + "-controller")) {
      assertThat(environment(Helm.the("Deployment", name, manifests)))
          .containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.observability:4318")
          .containsEntry("OTEL_SERVICE_NAME", name)
          .containsEntry("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
          .containsEntry("OTEL_TRACES_SAMPLER_ARG", "0.5")
          .containsEntry("TRACING_POD_NAME", "metadata.name")
          .containsEntry(
              "OTEL_RESOURCE_ATTRIBUTES",
              "k8s.pod.name=$(TRACING_POD_NAME),k8s.namespace.name=" + Helm.RELEASE);
      JsonNode egress = Helm.the("NetworkPolicy", name, manifests).at("/spec/egress");
      assertThat(egress.at("/2/ports")).hasSize(1);
      assertThat(egress.at("/2/ports/0/port").asInt()).isEqualTo(4318);
      assertThat(egress.path(2).has("to")).isFalse();
    }
    assertThat(helm.template()).doesNotContain("OTEL_", "4318");
  }

  @Test
  void variables_of_the_user_replace_those_of_tracing() throws Exception {
    ObjectNode deployment =
        Helm.the(
            "Deployment",
            Helm.RELEASE,
            helm.render(
                "--set",
                "tracing.endpoint=https://collector.example.org",
                "--set-json",
                "extraEnv=[{\"name\":\"OTEL_SERVICE_NAME\",\"value\":\"guard\"},"
                    + "{\"name\":\"POD_NAME\",\"value\":\"own\"}]"));
    assertThat(environment(deployment))
        .containsEntry("OTEL_SERVICE_NAME", "guard")
        .containsEntry("POD_NAME", "own");
    // Kubernetes replaces a reference to a variable that is before it
    List<String> names =
        deployment.at("/spec/template/spec/containers/0/env").findValuesAsText("name");
    assertThat(names).containsSubsequence("TRACING_POD_NAME", "OTEL_RESOURCE_ATTRIBUTES");
    assertThat(environment(deployment).get("OTEL_RESOURCE_ATTRIBUTES"))
        .contains("k8s.pod.name=$(TRACING_POD_NAME)");
  }

  @ParameterizedTest
  @CsvSource({"null, 0.01", "0, 0", "1, 1", "0.25, 0.25"})
  void the_ratio_of_the_sampler_has_a_default_and_may_be_zero(String given, String ratio)
      throws Exception {
    ObjectNode deployment =
        Helm.the(
            "Deployment",
            Helm.RELEASE,
            helm.render(
                "--set", "tracing.endpoint=http://collector:4318,tracing.sampleRatio=" + given));
    assertThat(environment(deployment)).containsEntry("OTEL_TRACES_SAMPLER_ARG", ratio);
  }

  @ParameterizedTest
  @CsvSource({
    "http://collector:4318, 4318",
    "https://[fd00::1]:4318, 4318",
    "http://collector, 80",
    "http://collector:65535, 65535",
    "https://collector.example.org/otlp, 443"
  })
  void the_network_policy_opens_the_port_of_the_collector(String endpoint, int port)
      throws Exception {
    ObjectNode policy =
        Helm.the(
            "NetworkPolicy",
            Helm.RELEASE,
            helm.render("--set", "networkPolicy.enabled=true,tracing.endpoint=" + endpoint));
    assertThat(policy.at("/spec/egress/2/ports").findValuesAsText("port"))
        .containsExactly(String.valueOf(port));
  }

  @Test
  void the_network_policy_names_the_collector_and_its_own_ports() throws Exception {
    ObjectNode policy =
        Helm.the(
            "NetworkPolicy",
            Helm.RELEASE,
            helm.render(
                "--set",
                "networkPolicy.enabled=true,tracing.endpoint=http://collector"
                    + ",networkPolicy.collectorPorts={4318,14318}"
                    + ",networkPolicy.collectorTo[0].namespaceSelector.matchLabels.app=otel"));
    assertThat(policy.at("/spec/egress/2/ports").findValuesAsText("port"))
        .containsExactly("4318", "14318");
    assertThat(policy.at("/spec/egress/2/to/0/namespaceSelector/matchLabels/app").asText())
        .isEqualTo("otel");
  }

  @Test
  void nothing_of_it_is_installed_by_default() throws Exception {
    assertThat(helm.render())
        .extracting(each -> each.path("kind").asText())
        .doesNotContain("PrometheusRule", "ServiceMonitor", "PodMonitor");
    assertThat(helm.template()).doesNotContain("grafana_dashboard");
  }

  @Test
  void the_alerts_are_those_of_the_file_with_the_address_of_their_section() throws Exception {
    Map<String, JsonNode> expected = alerts(Manifests.read(FILES.resolve("alerts.yaml")));
    expected.forEach(
        (name, alert) ->
            ((ObjectNode) alert.path("annotations"))
                .put(
                    "runbook_url",
                    "https://docs.example.org/monitoring#" + name.toLowerCase(Locale.ROOT)));

    assertThat(alerts(FAILOVER, "prometheusRule.runbookUrl=https://docs.example.org/monitoring"))
        .isEqualTo(expected);
  }

  @Test
  void alerts_that_the_other_values_contradict_are_left_out() throws Exception {
    assertThat(alerts("replicas=2").keySet())
        .contains("RwopGuardReplicaMissing", "RwopGuardNotAnswering")
        .noneMatch(name -> name.contains("Failover"));
    assertThat(alerts("replicas=1").keySet()).doesNotContain("RwopGuardReplicaMissing");
    assertThat(alerts("prometheusRule.disabledAlerts={RwopGuardAbsent}").keySet())
        .contains("RwopGuardReplicaMissing")
        .doesNotContain("RwopGuardAbsent");
  }

  @Test
  void labels_and_annotations_of_alerts_can_be_set() throws Exception {
    Map<String, JsonNode> alerts =
        alerts(
            "prometheusRule.alertLabels.severity=page",
            "prometheusRule.alertLabels.team=storage",
            "prometheusRule.alertAnnotations.source=chart");
    assertThat(alerts.values())
        .allSatisfy(
            alert -> {
              assertThat(alert.at("/labels/severity").asText()).isEqualTo("page");
              assertThat(alert.at("/labels/team").asText()).isEqualTo("storage");
              assertThat(alert.at("/annotations/source").asText()).isEqualTo("chart");
              assertThat(alert.at("/annotations/summary").asText()).isNotEmpty();
            });
    List<ObjectNode> labeled =
        helm.render(
            "--set", "prometheusRule.enabled=true,prometheusRule.labels.release=monitoring");
    assertThat(
            Helm.the("PrometheusRule", Helm.RELEASE, labeled)
                .at("/metadata/labels/release")
                .asText())
        .isEqualTo("monitoring");
  }

  @Test
  void the_dashboard_is_the_file_with_the_label_of_the_sidecar() throws Exception {
    ObjectNode map =
        Helm.the(
            "ConfigMap",
            Helm.RELEASE + "-dashboard",
            helm.render(
                "--set", "dashboard.enabled=true,dashboard.annotations.grafana_folder=Storage"));
    assertThat(map.at("/metadata/labels/grafana_dashboard").asText()).isEqualTo("1");
    assertThat(map.at("/metadata/annotations/grafana_folder").asText()).isEqualTo("Storage");
    JsonMapper json = new JsonMapper();
    assertThat(json.readTree(map.at("/data/rwop-guard.json").asText()))
        .isEqualTo(json.readTree(Files.readString(FILES.resolve("dashboard.json"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ServiceMonitor " + Helm.RELEASE + " /spec/endpoints/0",
        "PodMonitor " + Helm.RELEASE + "-controller /spec/podMetricsEndpoints/0"
      })
  void both_monitors_have_the_timeout_and_the_relabelings(String which) throws Exception {
    List<String> parts = List.of(which.split(" ", -1));
    JsonNode plain =
        Helm.the(parts.get(0), parts.get(1), helm.render("--set", "serviceMonitor.enabled=true"))
            .at(parts.get(2));
    assertThat(plain.path("path").asText()).isEqualTo("/q/metrics");
    assertThat(plain.path("interval").asText()).isEqualTo("30s");
    assertThat(plain.has("scrapeTimeout")).isFalse();
    assertThat(plain.has("relabelings")).isFalse();
    assertThat(plain.has("metricRelabelings")).isFalse();

    JsonNode changed =
        Helm.the(
                parts.get(0),
                parts.get(1),
                helm.render(
                    "--set",
                    "serviceMonitor.enabled=true,serviceMonitor.interval=15s"
                        + ",serviceMonitor.scrapeTimeout=5s"
                        + ",serviceMonitor.relabelings[0].targetLabel=cluster"
                        + ",serviceMonitor.relabelings[0].replacement=west"
                        + ",serviceMonitor.metricRelabelings[0].action=drop"
                        + ",serviceMonitor.metricRelabelings[0].regex=jvm_.*"))
            .at(parts.get(2));
    assertThat(changed.path("interval").asText()).isEqualTo("15s");
    assertThat(changed.path("scrapeTimeout").asText()).isEqualTo("5s");
    assertThat(changed.at("/relabelings/0/replacement").asText()).isEqualTo("west");
    assertThat(changed.at("/metricRelabelings/0/action").asText()).isEqualTo("drop");
  }
}
