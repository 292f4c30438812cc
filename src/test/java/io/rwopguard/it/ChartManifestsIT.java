package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.it.ChartRights.Right;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the chart's output for each way to install it. */
class ChartManifestsIT {

  private static final Path FOR_TESTS = Path.of("src/main/kubernetes/webhook-configurations.yaml");

  private static final JsonNode NONE = JsonNodeFactory.instance.arrayNode();

  private static final String CONTROLLER = Helm.RELEASE + "-controller";

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
    List<ObjectNode> manifests = render(variant);
    for (ObjectNode deployment : ofKind("Deployment", manifests)) {
      for (String probe : List.of("startup/started", "readiness/ready", "liveness/live")) {
        JsonNode get =
            deployment
                .at("/spec/template/spec/containers/0")
                .path(probe.replaceAll("/.*", "Probe"))
                .path("httpGet");
        assertThat(get.path("path").asText()).isEqualTo("/q/health/" + probe.replaceAll(".*/", ""));
        assertThat(get.path("port").asText()).isEqualTo("management");
      }
    }
    JsonNode pod = Helm.the("Deployment", Helm.RELEASE, manifests).at("/spec/template/spec");
    JsonNode container = pod.at("/containers/0");
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
  void the_controllers_are_in_a_separate_deployment_that_no_pod_can_reach(String variant)
      throws Exception {
    List<ObjectNode> manifests = render(variant);
    boolean expected = controllers(variant, manifests);
    List<ObjectNode> deployments = ofKind("Deployment", manifests);
    assertThat(deployments).hasSize(expected ? 2 : 1);
    assertThat(run(Helm.the("Deployment", Helm.RELEASE, manifests))).isEqualTo("admission");
    if (!expected) {
      assertThat(ChartRights.accounts(manifests)).doesNotContain(CONTROLLER);
      return;
    }
    ObjectNode controller = Helm.the("Deployment", CONTROLLER, manifests);
    assertThat(run(controller)).isNotEmpty().doesNotContain("admission");
    JsonNode pod = controller.at("/spec/template/spec");
    assertThat(pod.path("serviceAccountName").asText()).isEqualTo(CONTROLLER);
    assertThat(pod.path("hostNetwork").asBoolean()).isFalse();
    assertThat(pod.at("/containers/0/ports")).hasSize(1);
    assertThat(pod.at("/containers/0/ports/0/name").asText()).isEqualTo("management");
    JsonNode labels = controller.at("/spec/template/metadata/labels");
    assertThat(selects(controller.at("/spec/selector/matchLabels"), labels)).isTrue();
    assertThat(
            selects(
                Helm.the("PodDisruptionBudget", CONTROLLER, manifests)
                    .at("/spec/selector/matchLabels"),
                labels))
        .isTrue();
    ofKind("Service", manifests)
        .forEach(service -> assertThat(selects(service.at("/spec/selector"), labels)).isFalse());
    ObjectNode policy = Helm.the("NetworkPolicy", CONTROLLER, manifests);
    assertThat(selects(policy.at("/spec/podSelector/matchLabels"), labels)).isTrue();
    assertThat(texts(policy.at("/spec/policyTypes"))).contains("Ingress");
    assertThat(policy.at("/spec/ingress")).isEmpty();
  }

  @Test
  void the_clean_up_is_configured_and_let_out_like_the_controllers() throws Exception {
    String name = Helm.RELEASE + "-clean-up";
    List<ObjectNode> everything = render("everything");
    ObjectNode job = Helm.the("Job", name, everything);
    assertThat(job.at("/spec/template/spec/containers/0/env/0/name").asText()).isEqualTo("A");
    ObjectNode policy = Helm.the("NetworkPolicy", name, everything);
    JsonNode selector = policy.at("/spec/podSelector/matchLabels");
    assertThat(selects(selector, job.at("/spec/template/metadata/labels"))).isTrue();
    assertThat(
            selects(
                selector,
                Helm.the("Deployment", CONTROLLER, everything)
                    .at("/spec/template/metadata/labels")))
        .isFalse();
    assertThat(texts(policy.at("/spec/policyTypes"))).containsExactly("Ingress", "Egress");
    assertThat(policy.at("/spec/ingress")).isEmpty();
    assertThat(policy.at("/spec/egress/0/ports/1/port").asInt()).isEqualTo(6443);
    // it has to exist while the Job runs, and no longer
    assertThat(policy.at("/metadata/annotations/helm.sh~1hook").asText()).isEqualTo("pre-delete");
    assertThat(texts(Helm.the("NetworkPolicy", name, render("defaults")).at("/spec/policyTypes")))
        .containsExactly("Ingress");
  }

  private static boolean controllers(String variant, List<ObjectNode> manifests) {
    boolean self =
        Helm.the("ConfigMap", Helm.RELEASE, manifests).toString().contains("tls.self.enabled=true");
    return self || variant.startsWith("failover");
  }

  private static String run(ObjectNode deployment) {
    for (JsonNode each : deployment.at("/spec/template/spec/containers/0/env")) {
      if (each.path("name").asText().equals("RWOP_GUARD_RUN")) {
        return each.path("value").asText();
      }
    }
    return "";
  }

  private static boolean selects(JsonNode selector, JsonNode labels) {
    return selector.properties().stream()
        .allMatch(each -> labels.path(each.getKey()).equals(each.getValue()));
  }

  private static List<ObjectNode> ofKind(String kind, List<ObjectNode> manifests) {
    return manifests.stream().filter(each -> each.path("kind").asText().equals(kind)).toList();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void the_pods_that_answer_write_nothing_and_read_no_key_of_a_ca(String variant) throws Exception {
    List<Right> rights = ChartRights.of(render(variant), Helm.RELEASE);
    assertThat(rights).isNotEmpty().noneMatch(Right::writes);
    assertThat(rights)
        .filteredOn(right -> right.resource().equals("secrets"))
        .allSatisfy(right -> assertThat(right.names()).containsExactly(Helm.RELEASE + "-tls"));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void no_right_is_a_wildcard_or_runs_code(String variant) throws Exception {
    List<ObjectNode> manifests = render(variant);
    for (ObjectNode role : manifests) {
      assertThat(role.at("/roleRef/name").asText()).isNotEqualTo("cluster-admin");
      for (JsonNode rule :
          role.path("kind").asText().endsWith("Role") ? role.path("rules") : NONE) {
        assertThat(rule.toString()).doesNotContain("\"*\"");
      }
    }
    for (String account : ChartRights.accounts(manifests)) {
      for (Right right : ChartRights.of(manifests, account)) {
        if (right.resource().equals("secrets")) {
          assertThat(right.names()).as("Secrets by name: %s", right).isNotEmpty();
        }
        boolean createsPods =
            right
                    .resource()
                    .matches(
                        "pods|pods/exec|(deployments|replicasets|statefulsets|daemonsets)\\.apps|(jobs|cronjobs)\\.batch|replicationcontrollers")
                && right.verbs().stream().anyMatch(Set.of("create", "update", "patch")::contains);
        assertThat(createsPods).as("%s: %s", account, right).isFalse();
      }
    }
  }

  @Test
  void with_namespaces_only_what_lies_in_none_is_cluster_wide() throws Exception {
    List<Right> rights = ChartRights.of(render("failover in namespaces"), CONTROLLER);
    assertThat(rights)
        .filteredOn(right -> right.namespace().isEmpty())
        .extracting(Right::toString)
        .containsExactlyInAnyOrder(
            "`nodes` | get, list, watch, patch",
            "`persistentvolumes` | get, list, watch",
            "`storageclasses.storage.k8s.io` | list, watch",
            "`csidrivers.storage.k8s.io` | list, watch",
            "`volumeattachments.storage.k8s.io` | get, list",
            "`nodes/status` | patch",
            "`namespaces` | get, list, watch",
            // for the taint that takes every volume of a node away
            "`pods` | list");
    assertThat(rights)
        .filteredOn(right -> right.resource().equals("namespaces"))
        .allSatisfy(right -> assertThat(right.names()).containsExactly("kube-system", "shop"));
    assertThat(rights)
        .filteredOn(right -> right.resource().equals("pods") && right.writes())
        .allSatisfy(right -> assertThat(right.namespace()).isEqualTo("shop"));
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
    assertListed("rights", rights("defaults", Helm.RELEASE));
    List<String> certificates = rights("defaults", CONTROLLER);
    assertListed("certificate rights", certificates);
    // the list is a multiset: what both controllers have is in it twice
    List<String> failover = rights("failover", CONTROLLER);
    certificates.forEach(failover::remove);
    assertListed("failover rights", failover);
    assertListed("audit rights", rights("audit", Helm.RELEASE + "-audit"));
    List<String> hooks = rights("defaults", Helm.RELEASE + "-test");
    hooks.addAll(rights("defaults", Helm.RELEASE + "-clean-up"));
    assertListed("hook rights", hooks);
  }

  /** Reading the object again distinguishes a refused write from one that came too late. */
  @Test
  void the_controllers_and_the_clean_up_may_read_what_they_write_to() throws Exception {
    Set<String> written = new TreeSet<>();
    for (String variant : ChartVariants.ALL.keySet()) {
      for (String account : List.of(CONTROLLER, Helm.RELEASE + "-clean-up")) {
        List<Right> rights = ChartRights.of(render(variant), account);
        for (Right right : rights) {
          // an event is not written again
          if (right.changes() && !right.resource().startsWith("events")) {
            written.add(right.resource());
            assertThat(rights)
                .as("what %s of variant %s may read of %s", account, variant, right)
                .anyMatch(each -> each.reads(right));
          }
        }
      }
    }
    assertThat(written).contains("configmaps", "leases.coordination.k8s.io", "nodes");
  }

  private static List<String> rights(String variant, String account) throws Exception {
    List<String> rights = new ArrayList<>();
    ChartRights.of(render(variant), account).forEach(right -> rights.add(right.toString()));
    return rights;
  }

  private static void assertListed(String block, List<String> granted) throws IOException {
    assertThat(listed(block)).as(block).containsExactlyInAnyOrderElementsOf(granted);
  }

  @Test
  void the_readme_says_what_a_stolen_token_can_do() throws Exception {
    Map<String, List<ObjectNode>> all = new TreeMap<>();
    for (String variant : ChartVariants.ALL.keySet()) {
      all.put(variant, render(variant));
    }
    Map<String, String> rows = new TreeMap<>();
    for (List<ObjectNode> manifests : all.values()) {
      for (String account : ChartRights.accounts(manifests)) {
        Set<String> writes = new TreeSet<>();
        Set<String> secrets = new TreeSet<>();
        for (List<ObjectNode> each : all.values()) {
          for (Right right : ChartRights.of(each, account)) {
            if (right.writes()) {
              writes.add(right.resource());
            }
            if (right.resource().equals("secrets")) {
              secrets.addAll(right.names());
            }
          }
        }
        rows.put(account, "%s | %s".formatted(code(secrets, "none"), code(writes, "nothing")));
      }
    }
    Map<String, String> written = new TreeMap<>();
    for (String line : block("tokens")) {
      List<String> cells = List.of(line.split(" \\| ", -1));
      assertThat(cells).as(line).hasSize(4);
      String account = cells.get(0).substring(3).replace("`", "").replace("RELEASE", Helm.RELEASE);
      written.put(account, (cells.get(1) + " | " + cells.get(2)).replace("RELEASE", Helm.RELEASE));
    }
    assertThat(written).isEqualTo(rows);
  }

  private static String code(Set<String> names, String none) {
    return names.isEmpty()
        ? none
        : names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
  }

  @Test
  void an_audit_into_the_log_may_only_read() throws Exception {
    assertThat(ChartRights.of(render("audit into the log"), Helm.RELEASE + "-audit"))
        .isNotEmpty()
        .noneMatch(Right::writes);
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
  void an_observer_may_write_its_election_and_events() throws Exception {
    List<String> certificates = rights("defaults", CONTROLLER);
    List<Right> writes = new ArrayList<>();
    for (Right right : ChartRights.of(render("failover observed"), CONTROLLER)) {
      if (right.writes() && !certificates.remove(right.toString())) {
        writes.add(right);
      }
    }
    assertThat(writes)
        .allMatch(
            right ->
                right.toString().equals("`events` | create")
                    || (right.resource().startsWith("leases.")
                        && right.namespace().equals(Helm.RELEASE)
                        && (right.verbs().equals(List.of("create"))
                            || (right.names().stream()
                                    .allMatch(n -> n.startsWith(Helm.RELEASE + "-failover"))
                                && !right.names().isEmpty()))));
  }

  private static List<String> block(String name) throws IOException {
    String readme = Files.readString(Helm.CHART.resolve("README.md"));
    String table =
        readme.substring(
            readme.indexOf("<!-- " + name + ":"), readme.indexOf("<!-- end of " + name));
    return table.lines().filter(line -> line.startsWith("| `")).toList();
  }

  private static List<String> listed(String block) throws IOException {
    return block(block).stream().map(ChartManifestsIT::right).toList();
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
      case "Job" -> manifest.at("/spec/template/spec");
      case "CronJob" -> manifest.at("/spec/jobTemplate/spec/template/spec");
      default -> manifest.at("/spec/template/spec");
    };
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }
}
