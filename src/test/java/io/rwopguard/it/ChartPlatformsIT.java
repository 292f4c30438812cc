package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.ChartPods;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.manifests.Manifests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what platforms ask of the chart: AKS, GKE, OpenShift, meshes and Argo CD. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartPlatformsIT {

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  static Stream<String> variants() {
    return ChartVariants.ALL.keySet().stream();
  }

  private List<ObjectNode> render(String variant, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(ChartVariants.ALL.get(variant));
    arguments.addAll(List.of(more));
    return helm.render(arguments.toArray(new String[0]));
  }

  @Test
  void every_file_of_values_is_a_variant_that_all_tests_of_the_chart_run_on() throws Exception {
    try (Stream<Path> files = Files.list(Helm.CHART)) {
      assertThat(files.map(Path::toString).filter(file -> file.matches(".*/values-.*[.]yaml")))
          .hasSize(ChartVariants.PLATFORMS.size() + 1)
          .allMatch(file -> ChartVariants.ALL.containsValue(List.of("-f", file)));
    }
  }

  /** The SCC restricted-v2 refuses IDs outside of the range of the namespace. */
  @Test
  void openshift_chooses_all_users_and_groups() throws Exception {
    for (String variant : List.of("OpenShift by its API groups", "openshift")) {
      for (JsonNode pod : ChartPods.specs(render(variant))) {
        assertThat(pod.path("securityContext").properties())
            .as(variant)
            .extracting(Map.Entry::getKey)
            .containsExactlyInAnyOrder("runAsNonRoot", "seccompProfile");
      }
    }
    // without asking the cluster, null leaves out what a mounted Secret would bring
    List<ObjectNode> existing =
        render("existing certificate", "-f", ChartVariants.values("openshift"));
    assertThat(ChartPods.specs(existing).toString()).doesNotContain("fsGroup");
  }

  @ParameterizedTest
  @MethodSource("variants")
  void a_pod_has_a_group_only_where_it_has_to_read_a_secret(String variant) throws Exception {
    for (JsonNode pod : ChartPods.specs(render(variant))) {
      boolean secret =
          StreamSupport.stream(pod.path("volumes").spliterator(), false)
              .anyMatch(volume -> volume.has("secret"));
      boolean openShift = variant.startsWith("OpenShift");
      assertThat(pod.path("securityContext").has("fsGroup")).isEqualTo(secret && !openShift);
      assertThat(pod.path("securityContext").has("runAsUser")).isFalse();
      assertThat(pod.path("securityContext").has("runAsGroup")).isFalse();
    }
  }

  @Test
  void a_user_and_a_profile_of_ones_choice_replace_the_defaults() throws Exception {
    List<ObjectNode> manifests =
        helm.render(
            "--set",
            "podSecurityContext.runAsUser=1000650000"
                + ",podSecurityContext.seccompProfile.type=Localhost"
                + ",podSecurityContext.seccompProfile.localhostProfile=guard.json");
    for (JsonNode pod : ChartPods.specs(manifests)) {
      JsonNode context = pod.path("securityContext");
      assertThat(context.path("runAsUser").asText()).isEqualTo("1000650000");
      assertThat(context.at("/seccompProfile/type").asText()).isEqualTo("Localhost");
      assertThat(context.at("/seccompProfile/localhostProfile").asText()).isEqualTo("guard.json");
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void every_pod_stays_out_of_meshes_and_on_linux(String variant) throws Exception {
    List<JsonNode> pods = ChartPods.templates(render(variant));
    assertThat(pods).hasSizeGreaterThan(2);
    for (JsonNode pod : pods) {
      JsonNode labels = pod.at("/metadata/labels");
      assertThat(labels.path("sidecar.istio.io/inject").asText()).isEqualTo("false");
      assertThat(labels.path("istio.io/dataplane-mode").asText()).isEqualTo("none");
      assertThat(pod.at("/metadata/annotations/linkerd.io~1inject").asText()).isEqualTo("disabled");
      JsonNode nodes = pod.at("/spec/nodeSelector");
      assertThat(nodes.path("kubernetes.io/os").asText()).isEqualTo("linux");
      assertThat(nodes.has("disk")).isEqualTo(variant.equals("everything"));
    }
  }

  @Test
  void labels_and_annotations_of_the_user_reach_every_pod_and_win_over_the_meshes()
      throws Exception {
    List<ObjectNode> manifests =
        render(
            "everything",
            "--set-string",
            "podLabels.sidecar\\.istio\\.io/inject=true,podAnnotations.linkerd\\.io/inject=enabled");
    for (JsonNode pod : ChartPods.templates(manifests)) {
      JsonNode labels = pod.at("/metadata/labels");
      assertThat(labels.path("a").asText()).isEqualTo("b");
      assertThat(labels.path("team").asText()).isEqualTo("storage");
      assertThat(labels.path("sidecar.istio.io/inject").asText()).isEqualTo("true");
      assertThat(pod.at("/metadata/annotations/c").asText()).isEqualTo("d");
      assertThat(pod.at("/metadata/annotations/linkerd.io~1inject").asText()).isEqualTo("enabled");
    }
    for (JsonNode pod : ChartPods.templates(helm.render("--set", "mesh.optOut=false"))) {
      assertThat(pod.path("metadata").toString()).doesNotContain("istio", "linkerd");
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void the_enforcer_of_aks_leaves_the_webhooks_alone(String variant) throws Exception {
    for (ObjectNode manifest : render(variant)) {
      if (manifest.path("kind").asText().endsWith("WebhookConfiguration")) {
        JsonNode metadata = manifest.path("metadata");
        assertThat(metadata.at("/annotations/admissions.enforcer~1disabled").asText())
            .isEqualTo("true");
        assertThat(metadata.path("annotations").has("cert-manager.io/inject-ca-from"))
            .isEqualTo(needsCertManager(variant));
        assertThat(metadata.path("labels").has("i")).isEqualTo(variant.equals("everything"));
        assertThat(metadata.path("labels").has("app.kubernetes.io/name")).isTrue();
      }
    }
  }

  private static boolean needsCertManager(String variant) {
    return ChartVariants.ALL.get(variant).toString().contains("certificates.mode=cert-manager");
  }

  /** The firewall of a private GKE cluster lets nothing else through. */
  @ParameterizedTest
  @MethodSource("variants")
  void control_planes_reach_the_port_without_a_new_rule_of_a_firewall(String variant)
      throws Exception {
    JsonNode container =
        Helm.the("Deployment", Helm.RELEASE, render(variant))
            .at("/spec/template/spec/containers/0");
    String port = variant.equals("host network") ? "18443" : "10250";
    assertThat(container.at("/ports/0/name").asText()).isEqualTo("https");
    assertThat(container.at("/ports/0/containerPort").asText()).isEqualTo(port);
    assertThat(environment(container)).contains("QUARKUS_HTTP_SSL_PORT=" + port);
  }

  private static List<String> environment(JsonNode container) {
    List<String> environment = new ArrayList<>();
    container
        .path("env")
        .forEach(
            each ->
                environment.add(each.path("name").asText() + "=" + each.path("value").asText()));
    return environment;
  }

  @Test
  void a_network_policy_names_who_may_call_and_whom_to_ask() throws Exception {
    ObjectNode open =
        Helm.the("NetworkPolicy", Helm.RELEASE, helm.render("--set", "networkPolicy.enabled=true"));
    assertThat(open.at("/spec/ingress/0/ports/0/port").asText()).isEqualTo("https");
    assertThat(open.at("/spec/ingress/0").has("from")).isFalse();
    assertThat(open.at("/spec/egress/0").has("to")).isFalse();

    List<ObjectNode> everything = render("everything");
    ObjectNode closed = Helm.the("NetworkPolicy", Helm.RELEASE, everything);
    assertThat(closed.at("/spec/ingress/0/from/0/ipBlock/cidr").asText())
        .isEqualTo("172.16.0.0/28");
    for (String pods : List.of("", "-controller", "-audit", "-clean-up")) {
      JsonNode egress =
          Helm.the("NetworkPolicy", Helm.RELEASE + pods, everything).at("/spec/egress");
      assertThat(egress.at("/0/to/0/ipBlock/cidr").asText()).isEqualTo("172.16.0.2/32");
      assertThat(egress.path(1).path("ports").findValuesAsText("port"))
          .containsExactly("53", "53", "5353", "5353");
    }
  }

  @Test
  void only_the_webhooks_have_the_ca_of_api_servers() throws Exception {
    List<ObjectNode> manifests =
        helm.render(ChartVariants.ALL.get("client certificates").toArray(new String[0]));

    JsonNode settings = Helm.the("ConfigMap", Helm.RELEASE, manifests).path("data");
    assertThat(settings.path("webhook.properties").asText())
        .contains(
            "rwop-guard.clients.ca-certificate=/etc/rwop-guard/clients/ca.crt\n",
            "rwop-guard.clients.names=kube-apiserver\n");
    assertThat(settings.toString()).containsOnlyOnce("rwop-guard.clients.names");
    JsonNode webhook = Helm.the("Deployment", Helm.RELEASE, manifests).at("/spec/template/spec");
    assertThat(webhook.at("/containers/0/volumeMounts").findValuesAsText("mountPath"))
        .contains("/etc/rwop-guard/clients");
    assertThat(webhook.path("volumes").toString())
        .contains(
            "{\"name\":\"clients\",\"configMap\":{\"name\":\"api-servers\",\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]}}");
  }

  /** Of two entries with one name, Kubernetes takes the last, and drops the other. */
  @Test
  void options_of_the_jvm_are_joined() throws Exception {
    List<ObjectNode> manifests =
        helm.render(
            "--set",
            "resources.limits.cpu=500m,extraEnv[0].name=JDK_JAVA_OPTIONS"
                + ",extraEnv[0].value=-Xmx200m,extraEnv[1].name=HTTPS_PROXY,extraEnv[1].value=a");
    for (String name : List.of(Helm.RELEASE, Helm.RELEASE + "-controller")) {
      JsonNode container =
          Helm.the("Deployment", name, manifests).at("/spec/template/spec/containers/0");
      assertThat(environment(container))
          .contains("JDK_JAVA_OPTIONS=-XX:TieredStopAtLevel=1 -Xmx200m", "HTTPS_PROXY=a")
          .extracting(each -> each.replaceAll("=.*", ""))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void argo_cd_ignores_what_the_controller_writes() throws Exception {
    String guide = Files.readString(Path.of("docs/guides/gitops.md"));
    String application = guide.substring(guide.indexOf("spec:\n  ignoreDifferences:"));
    application = application.substring(0, application.indexOf("```"));
    Path file = Files.writeString(Path.of("target/argo-application.yaml"), application);
    List<String> ignored = new ArrayList<>();
    for (JsonNode each : Manifests.read(file).at("/spec/ignoreDifferences")) {
      String kind = each.path("kind").asText();
      Helm.the(kind, each.path("name").asText(), helm.render());
      ignored.add(kind + each.path("jqPathExpressions") + each.path("jsonPointers"));
    }
    String bundles = "[\".webhooks[]?.clientConfig.caBundle\"]";
    assertThat(ignored)
        .containsExactly(
            "ValidatingWebhookConfiguration" + bundles,
            "MutatingWebhookConfiguration" + bundles,
            "Secret[\"/data\"]",
            "Secret[\"/data\"]");
  }
}
