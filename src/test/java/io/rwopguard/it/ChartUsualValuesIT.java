package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.ChartPods;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the values that charts usually have: each arrives in every Pod that it is for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartUsualValuesIT {

  private Helm helm;
  private List<ObjectNode> manifests;

  @BeforeAll
  void render() throws Exception {
    helm = Helm.orSkip();
    manifests = helm.render(ChartVariants.ALL.get("usual values").toArray(new String[0]));
  }

  private JsonNode webhook() {
    return Helm.the("Deployment", Helm.RELEASE, manifests);
  }

  @Test
  void all_pods_are_scheduled_resolved_and_pulled_alike() {
    List<JsonNode> pods = ChartPods.specs(manifests);
    assertThat(pods).as("webhook, controllers, audit, test and clean-up").hasSize(5);
    for (JsonNode pod : pods) {
      assertThat(pod.path("priorityClassName").asText()).isEqualTo("system-cluster-critical");
      assertThat(pod.path("runtimeClassName").asText()).isEqualTo("gvisor");
      assertThat(pod.path("dnsPolicy").asText()).isEqualTo("Default");
      assertThat(pod.at("/dnsConfig/options/0/name").asText()).isEqualTo("ndots");
      assertThat(pod.at("/hostAliases/0/hostnames/0").asText()).isEqualTo("fence.example.org");
      assertThat(pod.at("/affinity/nodeAffinity").isObject()).isTrue();
      assertThat(pod.path("imagePullSecrets").findValuesAsText("name"))
          .containsExactly("other", "mirror");
      JsonNode container = pod.at("/containers/0");
      assertThat(container.path("image").asText())
          .startsWith("mirror.example.org:5000/hub/rwop-guard:");
      JsonNode context = container.path("securityContext");
      assertThat(context.path("runAsUser").asInt()).isEqualTo(1000);
      assertThat(context.at("/seLinuxOptions/level").asText()).isEqualTo("s0:c123,c456");
    }
  }

  @Test
  void only_the_pods_that_answer_have_the_volumes() {
    for (JsonNode pod : ChartPods.specs(manifests)) {
      boolean answers = pod.path("serviceAccountName").asText().equals(Helm.RELEASE);
      assertThat(pod.path("volumes").findValuesAsText("name").contains("ca")).isEqualTo(answers);
      assertThat(pod.at("/containers/0/volumeMounts").findValuesAsText("name").contains("ca"))
          .isEqualTo(answers);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "registry.example.org/team/guard, mirror.example.org/team/guard",
    "localhost/guard, mirror.example.org/guard",
    "localhost:5000/guard, mirror.example.org/guard",
    "team/guard, mirror.example.org/team/guard",
    "guard, mirror.example.org/guard"
  })
  void a_registry_for_all_charts_replaces_that_of_the_image(String repository, String expected)
      throws Exception {
    String digest = "sha256:" + "0".repeat(64);
    List<ObjectNode> mirrored =
        helm.render(
            "--set",
            "global.imageRegistry=mirror.example.org/,image.digest="
                + digest
                + ",image.repository="
                + repository);
    for (JsonNode pod : ChartPods.specs(mirrored)) {
      assertThat(pod.at("/containers/0/image").asText()).isEqualTo(expected + "@" + digest);
    }
  }

  @Test
  void with_an_autoscaler_or_without_replicas_an_upgrade_sets_no_number() throws Exception {
    assertThat(webhook().path("spec").has("replicas")).isFalse();
    JsonNode autoscaler = Helm.the("HorizontalPodAutoscaler", Helm.RELEASE, manifests);
    assertThat(autoscaler.at("/spec/scaleTargetRef/name").asText()).isEqualTo(Helm.RELEASE);
    assertThat(autoscaler.at("/spec/minReplicas").asInt()).isEqualTo(2);
    assertThat(autoscaler.at("/spec/metrics/0/resource/name").asText()).isEqualTo("cpu");

    List<ObjectNode> none = helm.render("--set", "replicas=null");
    assertThat(Helm.the("Deployment", Helm.RELEASE, none).path("spec").has("replicas")).isFalse();
    assertThat(none)
        .noneMatch(each -> each.path("kind").asText().equals("HorizontalPodAutoscaler"));

    List<ObjectNode> own =
        helm.render(
            "--set",
            "autoscaling.enabled=true,autoscaling.metrics[0].type=Pods"
                + ",autoscaling.behavior.scaleDown.selectPolicy=Disabled");
    JsonNode spec = Helm.the("HorizontalPodAutoscaler", Helm.RELEASE, own).path("spec");
    assertThat(spec.path("metrics").findValuesAsText("type")).containsExactly("Pods");
    assertThat(spec.at("/behavior/scaleDown/selectPolicy").asText()).isEqualTo("Disabled");
  }

  @Test
  void further_objects_are_templates() {
    for (String name : List.of("rwop-guard-extra", "rwop-guard-extra-text")) {
      assertThat(Helm.the("ConfigMap", name, manifests).at("/metadata/namespace").asText())
          .isEqualTo(Helm.RELEASE);
    }
  }

  @Test
  void deployments_and_the_service_have_what_is_given() {
    for (String name : List.of(Helm.RELEASE, Helm.RELEASE + "-controller")) {
      JsonNode annotations = Helm.the("Deployment", name, manifests).at("/metadata/annotations");
      assertThat(annotations.path("example.org/contact").asText()).isEqualTo("storage");
    }
    assertThat(webhook().at("/spec/strategy/rollingUpdate/maxSurge").asText()).isEqualTo("100%");
    JsonNode service = Helm.the("Service", Helm.RELEASE, manifests).path("spec");
    assertThat(service.path("ipFamilyPolicy").asText()).isEqualTo("SingleStack");
    assertThat(service.at("/ipFamilies/0").asText()).isEqualTo("IPv4");
  }

  @Test
  void on_the_nodes_network_names_are_those_of_the_cluster_and_pods_stay_apart() throws Exception {
    String host = "hostNetwork=true,ports.https=18443,ports.management=19000";
    List<ObjectNode> onHosts = helm.render("--set", host);
    JsonNode pod = Helm.the("Deployment", Helm.RELEASE, onHosts).at("/spec/template/spec");
    assertThat(pod.path("dnsPolicy").asText()).isEqualTo("ClusterFirstWithHostNet");
    String apart = "/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0";
    assertThat(pod.at(apart + "/topologyKey").asText()).isEqualTo("kubernetes.io/hostname");

    List<ObjectNode> own = helm.render("--set", host + ",dnsPolicy=Default");
    assertThat(
            Helm.the("Deployment", Helm.RELEASE, own).at("/spec/template/spec/dnsPolicy").asText())
        .isEqualTo("Default");
  }
}
