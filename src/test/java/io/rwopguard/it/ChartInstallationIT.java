package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.network.RecordingWebhook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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

  private static final String CONFIGURATIONS =
      "validatingwebhookconfigurations,mutatingwebhookconfigurations";
  private static final String EVERYTHING =
      CONFIGURATIONS
          + ",clusterroles,clusterrolebindings,validatingadmissionpolicies"
          + ",validatingadmissionpolicybindings,deployments,services,secrets,configmaps,roles"
          + ",rolebindings,serviceaccounts,poddisruptionbudgets,networkpolicies";

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

  @BeforeAll
  void prepare() throws Exception {
    helm = Helm.orSkip();
    api = ApiServer.running();
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(Helm.RELEASE)
                .addToLabels("pod-security.kubernetes.io/warn", "restricted")
                .endMetadata()
                .build())
        .serverSideApply();
    kubectl(RUNTIME_CLASS, "apply", "-f", "-");
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
      helm("uninstall", Helm.RELEASE, "--ignore-not-found", "--no-hooks");
      api.kubectl("", "delete", "customresourcedefinitions", "--all");
      api.kubectl("", "delete", "runtimeclass", "gvisor");
    }
  }

  private void define(String group, String plural, String kind) throws Exception {
    kubectl(FOREIGN.formatted(group, plural, kind), "apply", "-f", "-");
    kubectl("", "wait", "--for=condition=Established", "crd/" + plural + "." + group);
  }

  static Stream<String> variants() {
    return ChartVariants.ALL.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void every_manifest_is_accepted(String variant) throws Exception {
    String manifests = helm.template(ChartVariants.ALL.get(variant).toArray(new String[0]));
    KubectlResult applied =
        api.kubectl(manifests, "apply", "--dry-run=server", "--validate=strict", "-f", "-");
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    if (variant.equals("host network")) {
      // the Pod Security Standard permits it in no namespace but a privileged one
      assertThat(applied.output()).containsOnlyOnce("Warning").contains("(hostNetwork=true)");
    } else {
      assertThat(applied.output()).doesNotContain("Warning");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--server-side=true", "--server-side=false"})
  void an_upgrade_keeps_what_the_service_wrote_and_an_uninstall_leaves_nothing(String how)
      throws Exception {
    helm("install", Helm.RELEASE, Helm.CHART.toString(), how);
    String before = kubectl("", "get", EVERYTHING, "-A", "-l", "helm.sh/chart", "-o", "name");
    assertThat(before)
        .contains("validatingwebhookconfiguration")
        .contains("secret/rwop-guard-tls", "secret/rwop-guard-ca");
    writeAsTheService();

    helm("upgrade", Helm.RELEASE, Helm.CHART.toString(), how, "--set", "replicas=3");
    assertThatTheServicesWritingIsThere(7);

    helm(
        "upgrade",
        Helm.RELEASE,
        Helm.CHART.toString(),
        how,
        "--set",
        "webhooks.validating.failurePolicy.volumes=Fail,webhooks.excludedNamespaces={kube-system,csi}");
    assertThatTheServicesWritingIsThere(7);
    assertThat(
            kubectl(
                "",
                "get",
                "validatingwebhookconfiguration",
                Helm.RELEASE,
                "-o",
                "jsonpath={.webhooks[0].failurePolicy}"))
        .isEqualTo("Fail");

    // no kubelet runs the clean-up here
    helm("uninstall", Helm.RELEASE, "--no-hooks");
    String left = kubectl("", "get", EVERYTHING, "-A", "-l", "helm.sh/chart", "-o", "name");
    assertThat(left.strip()).isEmpty();
  }

  @Test
  void an_upgrade_from_another_source_of_certificates_goes_through() throws Exception {
    helm("install", Helm.RELEASE, Helm.CHART.toString());
    writeAsTheService();
    List<String> upgrade = new ArrayList<>(List.of("upgrade", Helm.RELEASE, Helm.CHART.toString()));
    upgrade.addAll(ChartVariants.ALL.get("cert-manager"));
    helm(upgrade.toArray(new String[0]));
    helm("upgrade", Helm.RELEASE, Helm.CHART.toString());
    // no kubelet runs the clean-up here
    helm("uninstall", Helm.RELEASE, "--no-hooks");
  }

  /** Writes like the service: the CA into each webhook, and its certificate into the Secret. */
  private void writeAsTheService() throws Exception {
    for (String kind : CONFIGURATIONS.split(",", -1)) {
      String names = kubectl("", "get", kind, Helm.RELEASE, "-o", "jsonpath={.webhooks[*].name}");
      StringBuilder patch = new StringBuilder("[");
      for (int i = 0; i < names.split(" ", -1).length; i++) {
        patch.append(i == 0 ? "" : ",");
        patch.append(
            "{\"op\": \"add\", \"path\": \"/webhooks/%d/clientConfig/caBundle\", \"value\": \"%s\"}"
                .formatted(i, ca()));
      }
      String manager = "--field-manager=rwop-guard";
      kubectl("", "patch", kind, Helm.RELEASE, manager, "--type=json", "-p", patch + "]");
    }
    kubectl(
        "",
        "patch",
        "secret",
        "rwop-guard-tls",
        "-n",
        Helm.RELEASE,
        "--field-manager=rwop-guard",
        "-p",
        "{\"data\": {\"tls.crt\": \"eA==\"}}");
  }

  private void assertThatTheServicesWritingIsThere(int webhooks) throws Exception {
    String bundles =
        kubectl(
            "",
            "get",
            CONFIGURATIONS,
            "-l",
            "helm.sh/chart",
            "-o",
            "jsonpath={.items[*].webhooks[*].clientConfig.caBundle}");
    assertThat(bundles.split(" ", -1)).hasSize(webhooks).containsOnly(ca());
    assertThat(
            kubectl(
                "",
                "get",
                "secret",
                "rwop-guard-tls",
                "-n",
                Helm.RELEASE,
                "-o",
                "jsonpath={.data.tls\\.crt}"))
        .isEqualTo("eA==");
  }

  private static String ca() throws Exception {
    Path directory = Files.createDirectories(Path.of("target/chart-ca"));
    io.rwopguard.certificates.TestCertificates.make(directory);
    byte[] pem = Files.readAllBytes(directory.resolve("ca.crt"));
    return java.util.Base64.getEncoder().encodeToString(pem);
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
      kubectl(configuration, "apply", "-f", "-");
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> asks(webhook, "{name: by-address}"));
      assertThat(asks(webhook, "{name: by-address, labels: {guard: skip}}")).isFalse();
      assertThat(asks(webhook, "{name: by-address, annotations: {restored: x}}")).isFalse();
      assertThat(asks(webhook, "{name: by-address, labels: {guard: here}}")).isTrue();
    } finally {
      kubectl("", "delete", "validatingwebhookconfiguration", Helm.RELEASE, "--ignore-not-found");
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
    kubectl(volume.formatted(metadata), "create", "--dry-run=server", "-f", "-");
    return webhook.take().containsKey("/guard/validate");
  }

  private void helm(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(Arrays.asList(arguments));
    if (List.of("install", "upgrade").contains(arguments[0])) {
      command.addAll(List.of("--values", Helm.VALUES.toString()));
    }
    command.addAll(
        List.of("--namespace", Helm.RELEASE, "--kubeconfig", api.kubeconfig().toString()));
    Helm.Result result = helm.run(command);
    assertThat(result.exitCode()).as("helm %s: %s", command, result.output()).isZero();
  }

  private String kubectl(String manifest, String... arguments) throws Exception {
    KubectlResult result = api.kubectl(manifest, arguments);
    assertThat(result.exitCode())
        .as("kubectl %s: %s", List.of(arguments), result.output())
        .isZero();
    return result.output();
  }
}
