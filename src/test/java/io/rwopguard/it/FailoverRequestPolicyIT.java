package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.chart.Helm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks who may vouch for the death of a node, in whose name, and who writes records. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverRequestPolicyIT {

  private static final Path FILE = Path.of("target/failover-request-policy.yaml");
  private static final String OPERATOR = "olga";
  private static final String TENANT = "tim";
  private static final String CONTROLLER =
      "system:serviceaccount:%1$s:%1$s-controller".formatted(Helm.RELEASE);

  /** Both may write ConfigMaps in the controller's namespace; one of them may patch Nodes. */
  private static final String RIGHTS =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: request-policy-nodes}
      rules: [{apiGroups: [""], resources: [nodes], verbs: [patch]}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: request-policy-nodes}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: request-policy-nodes}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: olga}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: request-policy, namespace: %1$s}
      rules: [{apiGroups: [""], resources: [configmaps], verbs: ["*"]}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: request-policy, namespace: %1$s}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: request-policy}
      subjects:
        - {apiGroup: rbac.authorization.k8s.io, kind: User, name: olga}
        - {apiGroup: rbac.authorization.k8s.io, kind: User, name: tim}
        - {kind: ServiceAccount, name: %1$s-controller, namespace: %1$s}
      """
          .formatted(Helm.RELEASE);

  private ApiServer api;

  @BeforeAll
  void install() throws Exception {
    Helm helm = Helm.orSkip();
    api = ApiServer.running();
    api.assumeAtLeast(30, "ValidatingAdmissionPolicies");
    Files.writeString(
        FILE,
        RIGHTS
            + "---\n"
            + helm.template(
                "--set", "failover.mode=enforce", "-s", "templates/failover-requests.yaml"));
    // others use it, too, and nothing ends the deletion of a namespace here
    api.kubectl("", "create", "namespace", Helm.RELEASE);
    KubectlResult applied = api.kubectl("", "apply", "-f", FILE.toString());
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> write("create", OPERATOR, request("probe", TENANT, "n1"), true).exitCode() != 0);
  }

  @AfterAll
  void uninstall() throws Exception {
    if (api != null) {
      api.kubectl("", "delete", "configmaps", "-l", "rwop-guard.io/record", "-n", Helm.RELEASE);
      api.kubectl("", "delete", "-f", FILE.toString());
    }
  }

  private static String request(String name, String by, String node) {
    return """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: %s
      namespace: %s
      labels: {rwop-guard.io/record: request}
    data: {schema: "1", namespace: shop, pod: db-0, podUid: u, node: %s, renewTime: t, requestedBy: %s, claim: data, claimUid: c}
    """
        .formatted(name, Helm.RELEASE, node, by);
  }

  private KubectlResult write(String verb, String user, String object, boolean dry)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(verb, "--as", user, "-f", "-"));
    if (dry) {
      command.add("--dry-run=server");
    }
    return api.kubectl(object, command.toArray(String[]::new));
  }

  @Test
  void an_operator_vouches_in_their_own_name() throws Exception {
    KubectlResult created = write("create", OPERATOR, request("own", OPERATOR, "n1"), true);
    assertThat(created.exitCode()).as(created.output()).isZero();
  }

  @Test
  void a_request_in_the_name_of_another_is_refused() throws Exception {
    KubectlResult refused = write("create", OPERATOR, request("forged", "alice", "n1"), true);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("requestedBy of a request of a failover has to be olga, who makes it");
  }

  @Test
  void a_user_who_may_not_patch_the_node_cannot_vouch_that_it_is_dead() throws Exception {
    KubectlResult refused = write("create", TENANT, request("tenant", TENANT, "n1"), true);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("user tim may not patch node n1", "let a cluster operator run the command");
  }

  @Test
  void a_request_cannot_be_changed_but_for_its_answer() throws Exception {
    assertThat(write("create", OPERATOR, request("changed", OPERATOR, "n1"), false).exitCode())
        .isZero();
    KubectlResult refused = write("replace", OPERATOR, request("changed", OPERATOR, "n2"), true);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output()).contains("cannot be changed");
    KubectlResult unlabelled =
        write(
            "replace",
            OPERATOR,
            request("changed", OPERATOR, "n1").replace("request}", "x}"),
            true);
    assertThat(unlabelled.exitCode()).as("without its label").isNotZero();
    String answered =
        request("changed", OPERATOR, "n1").replace("data: {", "data: {answer: refused, ");
    KubectlResult forged = write("replace", OPERATOR, answered, true);
    assertThat(forged.exitCode()).isNotZero();
    assertThat(forged.output()).contains("only the controller answers a request of a failover");
    KubectlResult answer = write("replace", CONTROLLER, answered, true);
    assertThat(answer.exitCode()).as(answer.output()).isZero();
  }

  /** It would start a failover in any name. */
  @ParameterizedTest
  @ValueSource(strings = {"failover", "fence", "fence-sequence", "tokens", "of-a-later-version"})
  void only_the_controller_writes_a_record(String record) throws Exception {
    String map =
        request("record-" + record, OPERATOR, "n1")
            .replace("record: request", "record: " + record)
            .replaceFirst("(?s)data: .*", "data: {schema: '1', record: a}");
    KubectlResult forged = write("create", OPERATOR, map, true);
    assertThat(forged.exitCode()).isNotZero();
    assertThat(forged.output()).contains("only the controller of rwop-guard writes its records");
    KubectlResult written = write("create", CONTROLLER, map, false);
    assertThat(written.exitCode()).as(written.output()).isZero();
    String changed = map.replace("record: a", "record: b");
    assertThat(write("replace", OPERATOR, changed, true).exitCode()).isNotZero();
    assertThat(write("replace", CONTROLLER, changed, true).exitCode()).isZero();
    String marked = map.replace("  labels: ", "  finalizers: [a.b/c]\n  labels: ");
    assertThat(write("replace", OPERATOR, marked, false).exitCode()).isZero();
    KubectlResult touched = write("replace", OPERATOR, map, false);
    assertThat(touched.exitCode()).as("as the garbage collector: " + touched.output()).isZero();
    String unlabelled = map.replace("labels: {rwop-guard.io/record: %s}".formatted(record), "");
    assertThat(write("replace", OPERATOR, unlabelled, true).exitCode()).isNotZero();
  }

  @Test
  void a_map_that_gets_the_label_later_is_a_new_request() throws Exception {
    String unlabelled =
        request("labelled", TENANT, "n1").replace("labels: {rwop-guard.io/record: request}", "");
    KubectlResult created = write("create", TENANT, unlabelled, false);
    assertThat(created.exitCode()).as(created.output()).isZero();
    KubectlResult refused = write("replace", TENANT, request("labelled", TENANT, "n1"), true);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output()).contains("user tim may not patch node n1");
  }
}
