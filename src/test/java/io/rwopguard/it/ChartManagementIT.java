package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.ChartRights;
import io.rwopguard.testing.chart.Helm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks what the chart's value {@code management.secure} changes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartManagementIT {

  private static final String CONTROLLER = Helm.RELEASE + "-controller";
  private static final String PEM =
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  private static final String EXISTING_MODE = "existing";
  private static final String EXISTING =
      "existing,certificates.existing.secretName=mine,certificates.existing.caBundle="
          + Base64.getEncoder().encodeToString(PEM.getBytes(StandardCharsets.US_ASCII));

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  private List<ObjectNode> secure(String... more) throws Exception {
    String values = "management.secure=true,serviceMonitor.enabled=true,failover.mode=observe";
    List<String> all = new ArrayList<>(List.of(values));
    all.addAll(List.of(more));
    return helm.render("--set", String.join(",", all));
  }

  private static List<JsonNode> endpoints(List<ObjectNode> manifests) {
    return List.of(
        Helm.the("ServiceMonitor", Helm.RELEASE, manifests).at("/spec/endpoints/0"),
        Helm.the("PodMonitor", CONTROLLER, manifests).at("/spec/podMetricsEndpoints/0"));
  }

  @Test
  void by_default_the_port_is_plain_and_no_one_asks_about_tokens() throws Exception {
    String plain = helm.template("--set", "serviceMonitor.enabled=true,failover.mode=observe");
    assertThat(plain)
        .contains("ServiceMonitor", "/q/health/live", "appProtocol: http}")
        .doesNotContain(
            "HTTPS",
            "scheme: https",
            "tokenreviews",
            "nonResourceURLs",
            "rwop-guard.management",
            "RWOP_GUARD_MANAGEMENT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"self", "cert-manager", EXISTING_MODE})
  void monitors_verify_what_all_pods_present(String mode) throws Exception {
    boolean existing = mode.equals(EXISTING_MODE);
    List<ObjectNode> manifests = secure("certificates.mode=" + (existing ? EXISTING : mode));
    for (JsonNode endpoint : endpoints(manifests)) {
      assertThat(endpoint.path("scheme").asText()).isEqualTo("https");
      assertThat(endpoint.at("/authorization/credentials/name").asText())
          .isEqualTo(Helm.RELEASE + "-metrics-token");
      assertThat(endpoint.at("/authorization/credentials/key").asText()).isEqualTo("token");
      JsonNode tls = endpoint.path("tlsConfig");
      assertThat(tls.has("insecureSkipVerify")).isFalse();
      assertThat(tls.path("serverName").asText())
          .isEqualTo("%s.%s.svc".formatted(Helm.RELEASE, Helm.RELEASE));
      JsonNode ca = tls.path("ca").path(existing ? "configMap" : "secret");
      assertThat(ca.path("key").asText()).isEqualTo("ca.crt");
      String name = ca.path("name").asText();
      switch (mode) {
        case "self" -> assertThat(Helm.the("Secret", name, manifests).has("data")).isFalse();
        case "cert-manager" ->
            assertThat(
                    Helm.the("Certificate", Helm.RELEASE, manifests)
                        .at("/spec/secretName")
                        .asText())
                .isEqualTo(name);
        default ->
            assertThat(Helm.the("ConfigMap", name, manifests).at("/data/ca.crt").asText())
                .isEqualTo(PEM);
      }
    }
    assertThat(
            Helm.the("Service", Helm.RELEASE, manifests).at("/spec/ports/1/appProtocol").asText())
        .isEqualTo("https");
    JsonNode pod = Helm.the("Deployment", CONTROLLER, manifests).at("/spec/template/spec");
    List<JsonNode> mounted = pod.findValues("secret");
    if (mode.equals("self")) {
      // the process reads it by the API
      assertThat(mounted).isEmpty();
    } else {
      assertThat(mounted).hasSize(1);
      assertThat(mounted.get(0).path("secretName").asText())
          .isEqualTo(existing ? "mine" : Helm.RELEASE + "-tls");
      assertThat(mounted.get(0).path("optional").asBoolean()).isTrue();
      assertThat(pod.at("/containers/0/volumeMounts").findValuesAsText("mountPath"))
          .contains("/etc/rwop-guard/tls");
      assertThat(pod.at("/securityContext/fsGroup").asInt()).isPositive();
    }
  }

  @Test
  void only_the_accounts_of_processes_ask_about_callers() throws Exception {
    List<ObjectNode> both = secure();
    for (String account : ChartRights.accounts(both)) {
      boolean asks = ChartRights.of(both, account).stream().anyMatch(ChartRights.Right::asks);
      assertThat(asks).as(account).isEqualTo(List.of(Helm.RELEASE, CONTROLLER).contains(account));
    }
    List<ObjectNode> one =
        helm.render("--set", "management.secure=true,certificates.mode=cert-manager");
    assertThat(
            Helm.the("ClusterRoleBinding", Helm.RELEASE + "-management", one)
                .path("subjects")
                .findValuesAsText("name"))
        .containsExactly(Helm.RELEASE);
    // no one reads for whom no one asked
    assertThat(ChartRights.accounts(one)).doesNotContain(Helm.RELEASE + "-metrics");
  }

  @Test
  void a_token_and_a_ca_of_the_user_replace_those_of_the_chart() throws Exception {
    List<ObjectNode> manifests =
        secure(
            "serviceMonitor.authorization.credentials.name=mine",
            "serviceMonitor.authorization.credentials.key=t",
            "serviceMonitor.tlsConfig.serverName=guard.example.org",
            "management.audiences={rwop-guard,metrics}");
    for (JsonNode endpoint : endpoints(manifests)) {
      assertThat(endpoint.at("/authorization/credentials/name").asText()).isEqualTo("mine");
      assertThat(endpoint.path("tlsConfig")).hasToString("{\"serverName\":\"guard.example.org\"}");
    }
    assertThat(ChartRights.accounts(manifests)).doesNotContain(Helm.RELEASE + "-metrics");
    JsonNode settings = Helm.the("ConfigMap", Helm.RELEASE, manifests).path("data");
    for (String file : List.of("application.properties", "webhook.properties")) {
      assertThat(settings.path(file).asText().lines())
          .contains(
              "rwop-guard.management.reader-role=rwop-guard-metrics-reader",
              "rwop-guard.management.audiences=rwop-guard,metrics");
    }
    // a container that restarts during an update must not read it before its Pod changes
    assertThat(settings.toString()).doesNotContain("management.secure");
    for (String name : List.of(Helm.RELEASE, CONTROLLER)) {
      JsonNode container =
          Helm.the("Deployment", name, manifests).at("/spec/template/spec/containers/0");
      assertThat(container.path("env").toString())
          .contains("{\"name\":\"RWOP_GUARD_MANAGEMENT_SECURE\",\"value\":\"true\"}");
      assertThat(container.findValuesAsText("scheme")).containsExactly("HTTPS", "HTTPS", "HTTPS");
    }
    assertThat(Helm.the("ClusterRole", "rwop-guard-metrics-reader", manifests).at("/rules"))
        .hasToString("[{\"nonResourceURLs\":[\"/q/metrics\",\"/failover\"],\"verbs\":[\"get\"]}]");
  }
}
