package io.rwopguard.it;

import static io.rwopguard.testing.controllers.ControlledCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.manifests.RuleScenarios;
import io.rwopguard.testing.manifests.Workloads;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests every trap through a real API server with real controllers and all the ways of kubectl. It
 * also tests what differs from it by as little as possible and is no trap.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrapsThroughApiServerIT {

  private static final String RWOP = "ReadWriteOncePod";

  private ControlledCluster cluster;

  @BeforeAll
  void install() throws Exception {
    cluster = new ControlledCluster("traps", "no");
    cluster.create(RuleScenarios.STORAGE);
    for (String claim : RuleScenarios.CLAIMS) {
      cluster.createClaim(claim, RWOP);
    }
    cluster.createClaim("shared", "ReadWriteMany");
    cluster.createClaim("crowded", "ReadWriteOnce");
    cluster.createClaim("half", "ReadWriteOnce");
    cluster.create(Workloads.of("Deployment", "crowded", "replicas: 2"));
    for (String name : List.of("held", "scaled", "contested")) {
      cluster.create(Workloads.of("Deployment", name, "strategy: {type: Recreate}"));
      cluster.pod(name);
    }
    cluster.create(Workloads.pod("second", "contested"));
    cluster.kubectl("wait --for=jsonpath={.status.phase}=Bound pvc/half --timeout=1m");
    cluster.installService();
    cluster.kubectl(patch("pv", cluster.volumeOf("half"), RuleScenarios.TO_EXCLUSIVE));
  }

  @AfterAll
  void uninstall() {
    // not there where the tests were skipped
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String patch(String kind, String name, String patch) {
    return "patch %s %s --type=merge -p %s".formatted(kind, name, patch);
  }

  private static void assertAnswered(RuleScenarios.Trap trap, KubectlResult result) {
    assertThat(result.output()).contains("(" + trap.rule() + ")");
    if (trap.denied()) {
      assertThat(result.exitCode()).isNotZero();
      assertThat(result.output()).contains("denied the request");
    } else {
      assertThat(result.exitCode()).as(result.output()).isZero();
      assertThat(result.output()).contains("Warning: ");
    }
  }

  static Stream<RuleScenarios.Trap> traps() {
    return RuleScenarios.all().stream();
  }

  @ParameterizedTest
  @MethodSource("traps")
  void every_trap_is_answered_however_it_comes(RuleScenarios.Trap trap) throws Exception {
    for (String command :
        List.of(
            "create --dry-run=server -f -",
            "apply --dry-run=server -f -",
            "apply --server-side --dry-run=server -f -",
            "apply -f -")) {
      assertAnswered(trap, cluster.attempt(trap.manifest(), command));
    }
    KubectlResult found = cluster.attempt(trap.manifest(), "get -f -");
    assertThat(found.exitCode() == 0).as(found.output()).isNotEqualTo(trap.denied());
    cluster.attempt(trap.manifest(), "delete --ignore-not-found -f -");
  }

  @ParameterizedTest
  @MethodSource("traps")
  void its_innocent_neighbour_is_accepted_without_a_word_until_a_patch_makes_it_a_trap(
      RuleScenarios.Trap trap) throws Exception {
    // the service's informers see a moment later that the objects of the row before are gone
    await().until(() -> !succeeds(trap.innocent(), "Warning"));
    for (String command : List.of("create", "apply", "apply --server-side")) {
      String accepted =
          cluster.attempt(trap.innocent(), command + " --dry-run=server -f -").output();
      assertThat(accepted).contains("dry run").doesNotContain("Warning", "denied");
    }
    cluster.createWithoutAWord(trap.innocent());
    if (!trap.patch().isEmpty()) {
      String patch = patch(trap.kind(), trap.name(), trap.patch());
      assertAnswered(trap, cluster.attempt("", patch + " --dry-run=server"));
      assertAnswered(trap, cluster.attempt("", patch));
    }
    cluster.kubectl("delete %s %s".formatted(trap.kind(), trap.name()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "scale deployment scaled --replicas=3",
        "scale deployment scaled --replicas=2 --dry-run=server",
        "patch deployment scaled --subresource=scale --type=merge -p {\"spec\":{\"replicas\":2}}",
        "patch deployment scaled --type=merge -p {\"spec\":{\"replicas\":2}}"
      })
  void scaling_beyond_one_is_refused(String command) throws Exception {
    KubectlResult refused = cluster.attempt("", command);

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("denied the request: spec.replicas: ", "ReadWriteOncePod")
        .containsAnyOf("(scale-beyond-one)", "(single-consumer)");
    assertThat(cluster.kubectl("get deployment scaled -o jsonpath={.spec.replicas}"))
        .isEqualTo("1");
  }

  @Test
  void scaling_to_none_and_back_and_scaling_what_shares_its_claim_is_not() throws Exception {
    cluster.kubectlWithoutAWord("scale deployment scaled --replicas=0");
    cluster.kubectlWithoutAWord("scale deployment scaled --replicas=1");
    cluster.createWithoutAWord(Workloads.of("Deployment", "shared", "replicas: 1"));
    cluster.kubectlWithoutAWord("scale deployment shared --replicas=5");
    cluster.kubectl("delete deployment shared");
  }

  @Test
  void a_volume_becomes_exclusive_only_once_a_single_pod_uses_it() throws Exception {
    String patch = patch("pv", cluster.volumeOf("crowded"), RuleScenarios.TO_EXCLUSIVE);
    for (String command : List.of(patch + " --dry-run=server", patch)) {
      KubectlResult refused = cluster.attempt("", command);
      assertThat(refused.exitCode()).isNotZero();
      assertThat(refused.output())
          .contains("2 Pods use claim traps/crowded now", "(becomes-exclusive)");
    }

    cluster.kubectl("scale deployment crowded --replicas=1");
    await().until(() -> cluster.pods("crowded").size() == 1);

    // at once: what the service's informers have not seen yet must not stand in the way
    assertThat(cluster.kubectl(patch)).contains("patched", "(half-migrated)");
  }

  @Test
  void a_workload_is_not_moved_to_a_claim_that_two_pods_contend_for() throws Exception {
    cluster.createClaim("own", RWOP);
    cluster.createWithoutAWord(Workloads.of("StatefulSet", "own", "replicas: 1"));

    KubectlResult refused =
        cluster.attempt("", patch("statefulset", "own", RuleScenarios.toClaim("contested")));

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("2 Pods use claim traps/contested", "(becomes-exclusive)");
  }

  @ParameterizedTest
  @CsvSource({
    "Deployment, shared, 'replicas: 5'",
    "DaemonSet, shared, 'minReadySeconds: 0'",
    "StatefulSet, shared, 'replicas: 5'",
    "Deployment, taken, 'replicas: 0'",
    "StatefulSet, taken, 'replicas: 1'",
  })
  void accepts_a_shared_claim_that_may_be_shared_and_an_exclusive_claim_without_a_word(
      String kind, String claim, String extra) throws Exception {
    cluster.createWithoutAWord(Workloads.of(kind, claim, extra));
    cluster.kubectl("delete %s %s".formatted(kind, claim));
  }

  private KubectlResult createOwned(String name, String owner, String user) throws Exception {
    String metadata =
        "metadata: {name: %s, ownerReferences: [{%s, name: d, uid: 705ab4f5-6393-11e8-b7cc-42010a800002, controller: true}]}"
            .formatted(name, owner);
    String manifest =
        Workloads.of("StatefulSet", "free", "replicas: 2")
            .replace("metadata: {name: free}", metadata);
    return cluster.attempt(
        manifest, "create -f - --as=%s --as-group=system:masters".formatted(user));
  }

  @Test
  void accepts_objects_of_a_controller_and_only_notes_them() throws Exception {
    KubectlResult created =
        createOwned(
            "owned",
            "apiVersion: example.org/v1, kind: Database",
            "system:serviceaccount:databases:operator");

    assertThat(created.output().strip()).isEqualTo("statefulset.apps/owned created");
    assertThat(cluster.serviceLog()).contains("let through CREATE of StatefulSet traps/owned");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jane                                                    | apiVersion: v1, kind: ConfigMap",
        "jane                                                    | apiVersion: apps/v1, kind: Deployment",
        "jane                                                    | apiVersion: example.org/v1, kind: Database",
        "system:admin                                            | apiVersion: example.org/v1, kind: Database",
        "system:serviceaccount:traps:default                     | apiVersion: example.org/v1, kind: Database",
        "system:serviceaccount:argocd:argocd-application-controller | apiVersion: example.org/v1, kind: Database",
      })
  void an_owner_that_a_user_writes_bypasses_no_denial(String user, String owner) throws Exception {
    KubectlResult refused = createOwned("forged", owner, user);

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output()).contains("denied the request", "(single-consumer)");
    assertThat(refused.output().contains("rwop-guard.controllers"))
        .as("an operator's log says how to make it known: %s", refused.output())
        .isEqualTo(user.contains("serviceaccount"));
  }

  @Test
  void a_dry_run_leaves_no_trace_in_the_log() throws Exception {
    String manifest = Workloads.of("Deployment", "held", "replicas: 4").replace("held}", "dry}");
    cluster.attempt(manifest, "create --dry-run=server -f -");
    cluster.attempt(manifest.replace("dry}", "wet}"), "create -f -");

    assertThat(cluster.serviceLog()).contains("traps/wet").doesNotContain("traps/dry");
  }

  @Test
  void a_namespaces_labels_lower_what_is_refused_in_it() throws Exception {
    cluster.createClaim("lowered", RWOP);
    String manifest =
        Workloads.of("Deployment", "lowered", "replicas: 2\n  strategy: {type: Recreate}");
    try {
      cluster.kubectl("label namespace traps rwop-guard.io/mode=warn");
      await().until(() -> succeeds(manifest, "Warning: "));
      cluster.kubectl("label namespace traps rwop-guard.io/mode=audit --overwrite");
      await().until(() -> succeeds(manifest, "created") && !succeeds(manifest, "Warning"));
      cluster.kubectl("label namespace traps rules.rwop-guard.io/single-consumer=deny");
      await().until(() -> !succeeds(manifest, ""));
    } finally {
      cluster.kubectl(
          "label namespace traps rwop-guard.io/mode- rules.rwop-guard.io/single-consumer-");
    }
    await().until(() -> !succeeds(manifest, ""));
  }

  private boolean succeeds(String manifest, String output)
      throws IOException, InterruptedException {
    KubectlResult result = cluster.attempt(manifest, "create --dry-run=server -f -");
    return result.exitCode() == 0 && result.output().contains(output);
  }
}
