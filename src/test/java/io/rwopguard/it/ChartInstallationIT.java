package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.KubernetesVersion;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.chart.InstalledChart;
import io.rwopguard.testing.network.RecordingWebhook;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The chart on a real API server: every manifest is accepted, and what the service writes stays.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartInstallationIT {

  /** Just enough of the kinds that are not Kubernetes' own. */
  private static final String FOREIGN =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: %2$s.%1$s}
      spec:
        group: %1$s
        names: {kind: %3$s, plural: %2$s}
        scope: Namespaced
        versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
      """;

  private static final String RUNTIME_CLASS =
      """
      {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: gvisor}, handler: runsc}
      """;

  private Helm helm;
  private ApiServer api;
  private InstalledChart chart;

  @BeforeAll
  void prepare() throws Exception {
    helm = Helm.orSkip();
    api = ApiServer.running();
    chart = new InstalledChart(helm, api);
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(Helm.RELEASE)
                .addToLabels("pod-security.kubernetes.io/warn", "restricted")
                .endMetadata()
                .build())
        .serverSideApply();
    chart.kubectl(RUNTIME_CLASS, "apply", "-f", "-");
    define("cert-manager.io", "issuers", "Issuer");
    define("cert-manager.io", "certificates", "Certificate");
    define("monitoring.coreos.com", "servicemonitors", "ServiceMonitor");
    define("monitoring.coreos.com", "podmonitors", "PodMonitor");
    define("monitoring.coreos.com", "prometheusrules", "PrometheusRule");
    api.client()
        .resource(new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build())
        .serverSideApply();
  }

  @AfterAll
  void cleanUp() throws Exception {
    if (api != null) {
      chart.uninstall();
      api.kubectl("", "delete", "customresourcedefinitions", "--all");
      api.kubectl("", "delete", "runtimeclass", "gvisor");
    }
  }

  private void define(String group, String plural, String kind) throws Exception {
    chart.kubectl(FOREIGN.formatted(group, plural, kind), "apply", "-f", "-");
    chart.kubectl("", "wait", "--for=condition=Established", "crd/" + plural + "." + group);
  }

  static Stream<String> variants() {
    return ChartVariants.ALL.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void every_manifest_is_accepted(String variant) throws Exception {
    Helm.Result rendered = render(variant, api.version());
    if (!api.isAtLeast(30)
        && render(variant, KubernetesVersion.NEWEST.number())
            .output()
            .contains("kind: ValidatingAdmissionPolicy")) {
      assertThat(rendered.exitCode()).isNotZero();
      assertThat(rendered.output()).contains("needs a ValidatingAdmissionPolicy");
      return;
    }
    assertThat(rendered.exitCode()).as(rendered.output()).isZero();
    KubectlResult applied =
        api.kubectl(rendered.output(), "apply", "--dry-run=server", "--validate=strict", "-f", "-");
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    if (variant.equals("host network")) {
      // the Pod Security Standard permits it in no namespace but a privileged one
      assertThat(applied.output()).containsOnlyOnce("Warning").contains("(hostNetwork=true)");
    } else {
      assertThat(applied.output()).doesNotContain("Warning");
    }
  }

  private Helm.Result render(String variant, String version) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--kube-version", version));
    arguments.addAll(ChartVariants.ALL.get(variant));
    return helm.tryTemplate(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--server-side=true", "--server-side=false"})
  void an_upgrade_keeps_what_the_service_wrote_and_an_uninstall_leaves_nothing(String how)
      throws Exception {
    chart.assertUpgradesKeepWhatTheServiceWrote(how);
  }

  @Test
  void an_upgrade_from_another_source_of_certificates_goes_through() throws Exception {
    chart.helm("install", Helm.RELEASE, Helm.CHART.toString());
    chart.writeAsTheService();
    List<String> upgrade = new ArrayList<>(List.of("upgrade", Helm.RELEASE, Helm.CHART.toString()));
    upgrade.addAll(ChartVariants.ALL.get("cert-manager"));
    chart.helm(upgrade.toArray(String[]::new));
    chart.helm("upgrade", Helm.RELEASE, Helm.CHART.toString());
    chart.uninstall();
  }

  @Test
  void api_servers_call_the_address_that_is_given_about_what_the_users_conditions_leave()
      throws Exception {
    try (RecordingWebhook webhook = new RecordingWebhook()) {
      String configuration =
          helm.template(
              "-s",
              "templates/validating-webhooks.yaml",
              "--set",
              "certificates.mode=existing,certificates.existing.secretName=mine"
                  + (",certificates.existing.caBundle=" + webhook.caBundle())
                  + (",webhooks.url=" + webhook.url("/guard"))
                  + ",webhooks.objectSelector.matchExpressions[0].key=guard"
                  + ",webhooks.objectSelector.matchExpressions[0].operator=NotIn"
                  + ",webhooks.objectSelector.matchExpressions[0].values={skip}"
                  + ",webhooks.matchConditions[0].name=not-restored"
                  + ",webhooks.matchConditions[0].expression="
                  + "!('restored' in object.?metadata.?annotations.orValue({}))");
      chart.kubectl(configuration, "apply", "-f", "-");
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> asks(webhook, "{name: by-address}"));
      assertThat(asks(webhook, "{name: by-address, labels: {guard: skip}}")).isFalse();
      assertThat(asks(webhook, "{name: by-address, annotations: {restored: x}}")).isFalse();
      assertThat(asks(webhook, "{name: by-address, labels: {guard: here}}")).isTrue();
    } finally {
      chart.kubectl(
          "", "delete", "validatingwebhookconfiguration", Helm.RELEASE, "--ignore-not-found");
    }
  }

  /** Tells whether the API server asks the webhook about a volume with this metadata. */
  private boolean asks(RecordingWebhook webhook, String metadata) throws Exception {
    String volume =
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: %s
        spec:
          accessModes: [ReadWriteOncePod]
          capacity: {storage: 1Gi}
          hostPath: {path: /x}
        """;
    chart.kubectl(volume.formatted(metadata), "create", "--dry-run=server", "-f", "-");
    return webhook.take().containsKey("/guard/validate");
  }
}
