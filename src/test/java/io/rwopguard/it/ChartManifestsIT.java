package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes out of the chart, for each way to install it. */
class ChartManifestsIT {

  private static final Path FOR_TESTS = Path.of("src/main/kubernetes/webhook-configurations.yaml");

  private static final JsonNode NONE = JsonNodeFactory.instance.arrayNode();

  private static Helm helm;

  @BeforeAll
  static void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  static Stream<String> variants() {
    return ChartVariants.ALL.keySet().stream();
  }

  private static List<ObjectNode> render(String variant) throws Exception {
    return helm.render(ChartVariants.ALL.get(variant).toArray(new String[0]));
  }

  @Test
  void the_webhooks_that_tests_run_with_are_the_charts() throws Exception {
    String rendered =
        "# The chart's webhook configurations, for tests that run without helm. Made by"
            + " ChartManifestsIT: -DargLine=-Ddocs.update=true.\n"
            + helm.template(
                "-s",
                "templates/validating-webhooks.yaml",
                "-s",
                "templates/mutating-webhooks.yaml");
    if (Boolean.getBoolean("docs.update")) {
      Files.writeString(FOR_TESTS, rendered);
    }
    assertThat(Files.readString(FOR_TESTS)).isEqualTo(rendered);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void nothing_runs_as_root_or_writes_or_gains_rights(String variant) throws Exception {
    for (JsonNode pod : podSpecs(render(variant))) {
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
      assertThat(pod.at("/securityContext/runAsUser").asInt()).isPositive();
      assertThat(pod.at("/securityContext/seccompProfile/type").asText())
          .isEqualTo("RuntimeDefault");
      for (JsonNode container : pod.path("containers")) {
        JsonNode context = container.path("securityContext");
        assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(context.path("privileged").asBoolean()).isFalse();
        assertThat(texts(context.at("/capabilities/drop"))).containsExactly("ALL");
        assertThat(container.at("/resources/requests/cpu").asText()).isNotEmpty();
        assertThat(container.at("/resources/requests/memory").asText()).isNotEmpty();
        assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
        assertThat(container.at("/resources/limits/cpu").isMissingNode()).isTrue();
        assertThat(container.path("image").asText()).matches(".+:.+").doesNotContain(":latest");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "500m, true",
    "0.5, true",
    "999m, true",
    "1, false",
    "1000m, false",
    "1.5, false",
    "2, false"
  })
  void with_less_than_a_processor_the_jvm_does_without_its_second_compiler(
      String limit, boolean without) throws Exception {
    List<ObjectNode> manifests = helm.render("--set", "resources.limits.cpu=" + limit);
    JsonNode env =
        Helm.the("Deployment", Helm.RELEASE, manifests).at("/spec/template/spec/containers/0/env");

    assertThat(env.toString().contains("-XX:TieredStopAtLevel=1")).isEqualTo(without);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void pods_are_probed_and_end_slowly_enough(String variant) throws Exception {
    JsonNode pod = Helm.the("Deployment", Helm.RELEASE, render(variant)).at("/spec/template/spec");
    JsonNode container = pod.at("/containers/0");
    for (String probe : List.of("startup/started", "readiness/ready", "liveness/live")) {
      JsonNode get = container.path(probe.replaceAll("/.*", "Probe")).path("httpGet");
      assertThat(get.path("path").asText()).isEqualTo("/q/health/" + probe.replaceAll(".*/", ""));
      assertThat(get.path("port").asText()).isEqualTo("management");
    }
    int preStop = container.at("/lifecycle/preStop/sleep/seconds").asInt();
    assertThat(preStop).isPositive();
    assertThat(pod.path("terminationGracePeriodSeconds").asInt()).isGreaterThan(preStop + 5 + 10);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void selectors_choose_the_services_pods_and_no_test(String variant) throws Exception {
    List<ObjectNode> manifests = render(variant);
    ObjectNode deployment = Helm.the("Deployment", Helm.RELEASE, manifests);
    JsonNode labels = deployment.at("/spec/template/metadata/labels");
    JsonNode testLabels = Helm.the("Pod", Helm.RELEASE + "-test", manifests).at("/metadata/labels");
    List<JsonNode> selectors =
        List.of(
            deployment.at("/spec/selector/matchLabels"),
            Helm.the("PodDisruptionBudget", Helm.RELEASE, manifests)
                .at("/spec/selector/matchLabels"),
            Helm.the("Service", Helm.RELEASE, manifests).at("/spec/selector"));
    for (JsonNode selector : selectors) {
      assertThat(selector.properties()).isNotEmpty();
      assertThat(selector.properties())
          .allMatch(each -> labels.path(each.getKey()).equals(each.getValue()))
          .anyMatch(each -> !testLabels.path(each.getKey()).equals(each.getValue()));
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void an_update_always_ends_and_leaves_a_pod(String variant) throws Exception {
    ObjectNode deployment = Helm.the("Deployment", Helm.RELEASE, render(variant));
    JsonNode rolling = deployment.at("/spec/strategy/rollingUpdate");
    int replicas = deployment.at("/spec/replicas").asInt();
    // with the host's network a new Pod may have to wait for an old one's port
    boolean onHosts = deployment.at("/spec/template/spec/hostNetwork").asBoolean();
    assertThat(rolling.path("maxSurge").asInt()).isEqualTo(onHosts ? 0 : 1);
    assertThat(replicas - rolling.path("maxUnavailable").asInt()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void no_right_is_a_wildcard_or_more_than_reading_beyond_its_own_objects(String variant)
      throws Exception {
    List<ObjectNode> manifests = render(variant);
    for (ObjectNode role : manifests) {
      for (JsonNode rule : role.path("rules")) {
        if (!role.path("kind").asText().endsWith("Role")) {
          continue;
        }
        assertThat(rule.toString()).doesNotContain("\"*\"");
        Set<String> verbs = new TreeSet<>(texts(rule.path("verbs")));
        boolean named = !rule.path("resourceNames").isEmpty();
        boolean reads = Set.of("get", "list", "watch").containsAll(verbs);
        boolean makesLease = texts(rule.path("resources")).equals(List.of("leases"));
        boolean test = role.at("/metadata/annotations/helm.sh~1hook").asText().equals("test");
        // what failover may do is listed by itself, and is there where it is switched on
        boolean failover =
            role.at("/metadata/name").asText().endsWith("-failover")
                && variant.startsWith("failover");
        // so are reports, which are kept by name and made by none
        boolean makesReport =
            role.at("/metadata/name").asText().endsWith("-audit")
                && texts(rule.path("resources")).stream().allMatch(each -> each.endsWith("reports"))
                && verbs.equals(Set.of("create"));
        assertThat(named || reads || makesLease || test || failover || makesReport)
            .as(rule.toString())
            .isTrue();
        if (texts(rule.path("resources")).contains("secrets")) {
          assertThat(named).as("secrets by name: %s", rule).isTrue();
        }
      }
      assertThat(role.at("/roleRef/name").asText()).isNotEqualTo("cluster-admin");
    }
    boolean self =
        Helm.the("ConfigMap", Helm.RELEASE, manifests).toString().contains("tls.self.enabled=true");
    assertThat(manifests.toString().contains("\"secrets\"")).isEqualTo(self);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void pods_scaling_and_the_clusters_own_namespaces_never_wait_for_an_answer(String variant)
      throws Exception {
    for (ObjectNode manifest : render(variant)) {
      for (JsonNode webhook : manifest.path("webhooks")) {
        List<String> resources = new ArrayList<>();
        webhook.path("rules").forEach(rule -> resources.addAll(texts(rule.path("resources"))));
        boolean urgent =
            resources.stream().anyMatch(each -> each.equals("pods") || each.endsWith("/scale"));
        boolean mutates = manifest.path("kind").asText().startsWith("Mutating");
        if (urgent || mutates || !variant.equals("fail")) {
          assertThat(webhook.path("failurePolicy").asText()).isEqualTo("Ignore");
        } else {
          assertThat(webhook.path("failurePolicy").asText()).isEqualTo("Fail");
        }
        assertThat(resources)
            .doesNotContain("*", "nodes", "leases", "namespaces", "events")
            .noneMatch(each -> each.endsWith("/status"));
        assertThat(texts(webhook.at("/namespaceSelector/matchExpressions/0/values")))
            .contains("kube-system", Helm.RELEASE);
        assertThat(webhook.path("timeoutSeconds").asInt()).isEqualTo(2);
        assertThat(webhook.at("/clientConfig").has("caBundle"))
            .isEqualTo(variant.equals("existing certificate"));
      }
    }
  }

  @Test
  void the_readme_names_every_right_and_no_other() throws Exception {
    List<String> byDefault = granted("defaults");
    assertThat(listed("rights")).containsExactlyInAnyOrderElementsOf(byDefault);
    List<String> forFailover = granted("failover");
    byDefault.forEach(forFailover::remove);
    assertThat(listed("failover rights")).containsExactlyInAnyOrderElementsOf(forFailover);
    List<String> forAudit = granted("audit");
    byDefault.forEach(forAudit::remove);
    assertThat(listed("audit rights")).containsExactlyInAnyOrderElementsOf(forAudit);
  }

  @Test
  void who_audits_into_the_log_may_only_read() throws Exception {
    List<String> forAudit = granted("audit into the log");
    granted("defaults").forEach(forAudit::remove);
    assertThat(forAudit).isNotEmpty().noneMatch(each -> each.matches(".*(create|patch|delete).*"));
  }

  @Test
  void an_audit_is_one_at_a_time_and_ends_and_is_off_by_default() throws Exception {
    ObjectNode cronJob = Helm.the("CronJob", Helm.RELEASE + "-audit", render("audit"));
    assertThat(cronJob.at("/spec/concurrencyPolicy").asText()).isEqualTo("Forbid");
    assertThat(cronJob.at("/spec/startingDeadlineSeconds").asInt()).isPositive();
    JsonNode job = cronJob.at("/spec/jobTemplate/spec");
    assertThat(job.path("activeDeadlineSeconds").asInt()).isPositive();
    JsonNode pod = job.at("/template/spec");
    assertThat(pod.path("restartPolicy").asText()).isEqualTo("Never");
    assertThat(pod.path("serviceAccountName").asText()).isEqualTo(Helm.RELEASE + "-audit");
    assertThat(texts(pod.at("/containers/0/args")))
        .containsExactly("audit", "--format", "policy-report", "--fail-on", "never");
    assertThat(render("defaults"))
        .noneMatch(each -> each.at("/metadata/name").asText().endsWith("-audit"));
  }

  @Test
  void who_only_observes_may_only_look_and_tell() throws Exception {
    List<String> forObserving = granted("failover observed");
    granted("defaults").forEach(forObserving::remove);
    assertThat(forObserving)
        .containsExactlyInAnyOrder(
            "`nodes` | get, list, watch",
            "`leases.coordination.k8s.io` | get, list, watch, create, patch",
            "`events` | create",
            "`volumeattachments.storage.k8s.io` | get");
  }

  private static List<String> granted(String variant) throws Exception {
    List<String> granted = new ArrayList<>();
    for (ObjectNode role : render(variant)) {
      for (JsonNode rule :
          role.path("kind").asText().endsWith("Role") ? role.path("rules") : NONE) {
        String group = rule.at("/apiGroups/0").asText();
        for (String resource : texts(rule.path("resources"))) {
          granted.add(
              "`%s%s` | %s"
                  .formatted(
                      resource,
                      group.isEmpty() ? "" : "." + group,
                      String.join(", ", texts(rule.path("verbs")))));
        }
      }
    }
    return granted;
  }

  private static List<String> listed(String block) throws IOException {
    String readme = Files.readString(Helm.CHART.resolve("README.md"));
    String table =
        readme.substring(
            readme.indexOf("<!-- " + block + ":"), readme.indexOf("<!-- end of " + block));
    return table
        .lines()
        .filter(line -> line.startsWith("| `"))
        .map(ChartManifestsIT::right)
        .toList();
  }

  /** Object and verbs of a line of the table; what for is for people. */
  private static String right(String line) {
    List<String> cells = List.of(line.split(" \\| ", -1));
    assertThat(cells).as(line).hasSize(4);
    return cells.get(0).substring(2) + " | " + cells.get(1);
  }

  private static List<JsonNode> podSpecs(List<ObjectNode> manifests) {
    return manifests.stream()
        .map(ChartManifestsIT::podSpec)
        .filter(spec -> spec.has("containers"))
        .toList();
  }

  private static JsonNode podSpec(JsonNode manifest) {
    return switch (manifest.path("kind").asText()) {
      case "Pod" -> manifest.path("spec");
      case "CronJob" -> manifest.at("/spec/jobTemplate/spec/template/spec");
      default -> manifest.at("/spec/template/spec");
    };
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }
}
