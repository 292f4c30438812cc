package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.InstalledService;
import io.rwopguard.testing.chart.Helm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** The chart's policies in a real API server that does not know the service at all. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstalledPoliciesIT {

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: %s
      metadata: {name: db, namespace: %s%s}
      spec:
        replicas: %d
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}, annotations: {%s}}
          spec: {containers: [{name: db, image: db}]}
      """;
  private static final String WRONG = "rwop-guard.io/mutate: no-thanks";
  private static final String DENIED = "(annotation)";

  private ApiServer api;
  private Path file;

  @BeforeAll
  void install() throws Exception {
    Helm helm = Helm.orSkip();
    api = ApiServer.running();
    api.assumeAtLeast(30, "ValidatingAdmissionPolicies");
    file = api.file("installed-policies.yaml");
    namespace("policed", Map.of());
    namespace("warned", Map.of("rwop-guard.io/mode", "warn"));
    namespace(
        "strict", Map.of("rwop-guard.io/mode", "warn", "rules.rwop-guard.io/annotation", "deny"));
    namespace("switched-off", Map.of("rules.rwop-guard.io/annotation", "off"));
    namespace("mistyped", Map.of("rwop-guard.io/mode", "warm"));
    namespace("excluded", Map.of());
    namespace("rook-ceph", Map.of());
    Files.writeString(
        file,
        helm.template(
            "--kube-version",
            api.version(),
            "--set",
            "policies.enabled=true,webhooks.excludedNamespaces={kube-system,excluded},"
                + "settings.rwop-guard\\.warn-only-namespaces={rook-ceph},"
                + "settings.rwop-guard\\.controllers\\.users={x,system:serviceaccount:policed:known-*}",
            "-s",
            "templates/policies.yaml"));
    KubectlResult applied = api.kubectl("", "apply", "-f", file.toString());
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> create("policed", "", WRONG).contains(DENIED));
  }

  @AfterAll
  void uninstall() throws Exception {
    if (file != null) {
      api.kubectl("", "delete", "-f", file.toString());
    }
  }

  @Test
  void a_host_path_volume_is_refused_with_the_services_own_words() throws Exception {
    String volume =
        InstalledService.VOLUME.formatted("x", "ReadWriteOncePod", "hostPath: {path: /x}");
    KubectlResult refused = api.kubectl(volume, "create", "--dry-run=server", "-f", "-");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains(
            "spec.hostPath: ReadWriteOncePod needs a CSI driver that enforces it at the storage,"
                + " but a hostPath volume has none; use a volume of a CSI driver, or write"
                + " accessModes: [\"ReadWriteOnce\"] (csi-only)");
  }

  @Test
  void labels_of_a_namespace_decide_as_they_do_for_the_service() throws Exception {
    assertThat(create("policed", "", WRONG)).contains(DENIED);
    assertThat(create("warned", "", WRONG)).doesNotContain(DENIED);
    assertThat(create("strict", "", WRONG)).contains(DENIED);
    assertThat(create("switched-off", "", WRONG)).doesNotContain(DENIED);
    assertThat(create("mistyped", "", WRONG)).contains(DENIED);
    assertThat(create("excluded", "", WRONG)).doesNotContain(DENIED);
    assertThat(create("rook-ceph", "", WRONG)).doesNotContain(DENIED);
  }

  @Test
  void leaves_objects_of_a_controller_to_their_owner() throws Exception {
    String owner =
        ", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: x, uid: abc, controller: %s}]";
    String made = DEPLOYMENT.formatted("ReplicaSet", "policed", owner.formatted("true"), 1, WRONG);
    assertThat(dryRunAs("system:kube-controller-manager", made)).doesNotContain(DENIED);
    String only = DEPLOYMENT.formatted("ReplicaSet", "policed", owner.formatted("false"), 1, WRONG);
    assertThat(dryRunAs("system:kube-controller-manager", only)).contains(DENIED);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/authors.csv", numLinesToSkip = 1)
  void an_owner_counts_if_the_author_is_a_controller_as_for_the_service(
      String user, boolean controller) throws Exception {
    String owner =
        ", ownerReferences: [{apiVersion: example.org/v1, kind: Database, name: x, uid: abc}]";
    String labels = ", labels: {cnpg.io/cluster: x}";
    for (String kept : List.of(owner, labels)) {
      String answer =
          dryRunAs(user, DEPLOYMENT.formatted("StatefulSet", "policed", kept, 1, WRONG));
      assertThat(answer.contains(DENIED)).as(answer).isNotEqualTo(controller);
    }
    assertThat(dryRunAs(user, DEPLOYMENT.formatted("StatefulSet", "policed", "", 1, WRONG)))
        .contains(DENIED);
  }

  @Test
  void an_update_that_makes_nothing_worse_goes_through() throws Exception {
    String there = DEPLOYMENT.formatted("Deployment", "warned", "", 3, WRONG);
    assertThat(api.kubectl(there, "apply", "-f", "-").exitCode()).isZero();
    api.kubectl("", "label", "namespace", "warned", "rwop-guard.io/mode-");
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> apply("warned", 3, WRONG + ", rwop-guard.io/grace: none").contains(DENIED));
      assertThat(apply("warned", 1, WRONG)).contains("configured").doesNotContain(DENIED);
      assertThat(apply("warned", 3, "rwop-guard.io/mutate: of")).contains("configured");
      KubectlResult scaled =
          api.kubectl("", "-n", "warned", "scale", "deployment/db", "--replicas=0");
      assertThat(scaled.exitCode()).as(scaled.output()).isZero();
    } finally {
      api.kubectl("", "-n", "warned", "delete", "deployment", "db");
      api.kubectl("", "label", "namespace", "warned", "rwop-guard.io/mode=warn");
    }
  }

  private void namespace(String name, Map<String, String> labels) {
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .serverSideApply();
  }

  private String create(String namespace, String owner, String annotations) throws Exception {
    return dryRun(DEPLOYMENT.formatted("Deployment", namespace, owner, 1, annotations));
  }

  private String dryRun(String manifest) throws Exception {
    return api.kubectl(manifest, "create", "--dry-run=server", "-f", "-").output();
  }

  private String dryRunAs(String user, String manifest) throws Exception {
    String[] as = {"create", "--dry-run=server", "--as", user, "--as-group", "system:masters"};
    List<String> command = new ArrayList<>(List.of(as));
    command.addAll(List.of("-f", "-"));
    return api.kubectl(manifest, command.toArray(String[]::new)).output();
  }

  private String apply(String namespace, int replicas, String annotations) throws Exception {
    String manifest = DEPLOYMENT.formatted("Deployment", namespace, "", replicas, annotations);
    return api.kubectl(manifest, "apply", "--dry-run=server", "-f", "-").output();
  }
}
