package io.rwopguard.testing.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.certificates.TestCertificates;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A release of the chart in a real API server. No kubelet runs its Pods, so that this class writes
 * what the service would write.
 */
public final class InstalledChart {

  /** The webhooks of the chart with its default values. */
  private static final int WEBHOOKS = 7;

  private static final String CONFIGURATIONS =
      "validatingwebhookconfigurations,mutatingwebhookconfigurations";
  private static final String EVERYTHING =
      CONFIGURATIONS
          + ",clusterroles,clusterrolebindings,deployments,services,secrets,configmaps,roles"
          + ",rolebindings,serviceaccounts,poddisruptionbudgets,networkpolicies";
  private static final String POLICIES =
      ",validatingadmissionpolicies,validatingadmissionpolicybindings";

  private final Helm helm;
  private final ApiServer api;

  public InstalledChart(Helm helm, ApiServer api) {
    this.helm = helm;
    this.api = api;
  }

  /** Installs, upgrades twice and uninstalls, each time with these further arguments. */
  public void assertUpgradesKeepWhatTheServiceWrote(String... how) throws Exception {
    helm(with(how, "install", Helm.RELEASE, Helm.CHART.toString()));
    assertThat(everything())
        .contains("validatingwebhookconfiguration")
        .contains("secret/rwop-guard-tls", "secret/rwop-guard-ca");
    writeAsTheService();

    helm(with(how, "upgrade", Helm.RELEASE, Helm.CHART.toString(), "--set", "replicas=3"));
    assertThatTheServicesWritingIsThere();

    helm(
        with(
            how,
            "upgrade",
            Helm.RELEASE,
            Helm.CHART.toString(),
            "--set",
            "webhooks.validating.failurePolicy.volumes=Fail,webhooks.excludedNamespaces={kube-system,csi}"));
    assertThatTheServicesWritingIsThere();
    assertThat(get("validatingwebhookconfiguration", Helm.RELEASE, "{.webhooks[0].failurePolicy}"))
        .isEqualTo("Fail");

    uninstall();
    assertThat(everything().strip()).isEmpty();
  }

  private static String[] with(String[] how, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(Arrays.asList(how));
    return all.toArray(String[]::new);
  }

  private String everything() throws IOException, InterruptedException {
    String kinds = api.isAtLeast(30) ? EVERYTHING + POLICIES : EVERYTHING;
    return kubectl("", "get", kinds, "-A", "-l", "helm.sh/chart", "-o", "name");
  }

  private String get(String kind, String name, String path)
      throws IOException, InterruptedException {
    return kubectl("", "get", kind, name, "-n", Helm.RELEASE, "-o", "jsonpath=" + path);
  }

  /** Writes like the service: the CA into each webhook, and its certificate into the Secret. */
  public void writeAsTheService() throws IOException, InterruptedException {
    for (String kind : CONFIGURATIONS.split(",", -1)) {
      String names = get(kind, Helm.RELEASE, "{.webhooks[*].name}");
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

  private void assertThatTheServicesWritingIsThere() throws IOException, InterruptedException {
    String bundles =
        kubectl(
            "",
            "get",
            CONFIGURATIONS,
            "-l",
            "helm.sh/chart",
            "-o",
            "jsonpath={.items[*].webhooks[*].clientConfig.caBundle}");
    assertThat(bundles.split(" ", -1)).hasSize(WEBHOOKS).containsOnly(ca());
    assertThat(get("secret", "rwop-guard-tls", "{.data.tls\\.crt}")).isEqualTo("eA==");
  }

  private String ca() throws IOException {
    Path directory = Files.createDirectories(api.file("chart-ca"));
    TestCertificates.make(directory);
    return Base64.getEncoder().encodeToString(Files.readAllBytes(directory.resolve("ca.crt")));
  }

  /** Uninstalls the release, if there is one. No kubelet runs the hook that cleans up. */
  public void uninstall() throws IOException, InterruptedException {
    helm("uninstall", Helm.RELEASE, "--ignore-not-found", "--no-hooks");
  }

  /** Runs helm with these arguments, which has to succeed. */
  public void helm(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(Arrays.asList(arguments));
    if (List.of("install", "upgrade").contains(arguments[0])) {
      command.addAll(List.of("--values", Helm.VALUES.toString()));
    }
    command.addAll(
        List.of("--namespace", Helm.RELEASE, "--kubeconfig", api.kubeconfig().toString()));
    Helm.Result result = helm.run(command);
    assertThat(result.exitCode()).as("helm %s: %s", command, result.output()).isZero();
  }

  /** Runs kubectl with these arguments, which has to succeed. */
  public String kubectl(String manifest, String... arguments)
      throws IOException, InterruptedException {
    KubectlResult result = api.kubectl(manifest, arguments);
    assertThat(result.exitCode())
        .as("kubectl %s: %s", List.of(arguments), result.output())
        .isZero();
    return result.output();
  }
}
