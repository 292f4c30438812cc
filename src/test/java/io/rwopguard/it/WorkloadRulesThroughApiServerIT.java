package io.rwopguard.it;

import static io.rwopguard.it.InstalledService.CLAIM;
import static io.rwopguard.it.InstalledService.MUTATED;
import static io.rwopguard.it.InstalledService.PLAIN;
import static io.rwopguard.it.InstalledService.STATEFUL_SET;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.it.ApiServer.KubectlResult;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The rules about workloads and the claims they name, and their innocent neighbours, through a real
 * API server.
 */
class WorkloadRulesThroughApiServerIT {

  private static final String WORKLOAD =
      """
      apiVersion: apps/v1
      kind: %s
      metadata: {name: %s, namespace: plain}
      spec:
        %s
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            containers:
              - {name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}
            volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
      """;
  private static final String RECREATE = "strategy: {type: Recreate}";

  private static ApiServer api;
  private static InstalledService service;

  @BeforeAll
  static void install() throws IOException {
    api = ApiServer.running();
    service = new InstalledService(api);
    for (String mode : new String[] {"ReadWriteOncePod", "ReadWriteOnce", "ReadWriteMany"}) {
      String claim = CLAIM.formatted(mode.toLowerCase(Locale.ROOT), mode);
      api.client().resource(claim.replace(MUTATED, PLAIN)).create();
    }
  }

  @AfterAll
  static void uninstall() {
    service.close();
  }

  private static String workload(String kind, String name, String extra, String claim) {
    return WORKLOAD.formatted(kind, name, extra, claim);
  }

  @ParameterizedTest
  @CsvSource({"create", "apply", "apply --server-side", "create --dry-run=server"})
  void two_pods_on_one_exclusive_claim_are_refused_however_they_come(String command)
      throws Exception {
    String manifest = workload("Deployment", "two", "replicas: 2", "readwriteoncepod");

    KubectlResult refused = api.kubectl(manifest, (command + " -f -").split(" "));

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("denied the request: spec.replicas: 2 Pods run at a time")
        .contains("(single-consumer)");
    assertThat(api.client().apps().deployments().inNamespace(PLAIN).withName("two").get()).isNull();
  }

  @Test
  void a_patch_to_two_pods_is_refused_and_any_other_patch_is_not() throws Exception {
    String manifest = workload("Deployment", "patched", RECREATE, "readwriteoncepod");
    assertThat(api.kubectl(manifest, "create", "-f", "-").output())
        .contains("created")
        .doesNotContain("Warning");

    assertThat(patch("{\"spec\":{\"replicas\":2}}").output()).contains("single-consumer");
    assertThat(patch("{\"spec\":{\"paused\":true}}").output()).contains("patched");
    assertThat(patch("{\"spec\":{\"replicas\":0}}").output()).contains("patched");
  }

  private static KubectlResult patch(String patch) throws IOException, InterruptedException {
    return api.kubectl("", "patch", "deployment", "patched", "-n", PLAIN, "-p", patch);
  }

  @ParameterizedTest
  @CsvSource({
    "StatefulSet, 'serviceName: db, replicas: 2'",
    "ReplicaSet, replicas: 2",
    "DaemonSet, minReadySeconds: 0"
  })
  void every_other_kind_is_refused_too(String kind, String extra) throws Exception {
    String manifest = workload(kind, "many", extra.replace(", ", "\n  "), "readwriteoncepod");
    assertThat(api.kubectl(manifest, "create", "-f", "-").output()).contains("(single-consumer)");
  }

  @ParameterizedTest
  @CsvSource({
    "Deployment, minReadySeconds: 0, readwriteoncepod, rolling-update-deadlock",
    "Deployment, 'strategy: {type: Recreate}', no-such-claim, claim-unknown",
  })
  void a_trap_that_need_not_be_one_is_warned_of(
      String kind, String extra, String claim, String rule) throws Exception {
    String manifest = workload(kind, rule, extra, claim);
    assertThat(api.kubectl(manifest, "create", "-f", "-").output())
        .contains("Warning: ")
        .contains("(" + rule + ")")
        .contains("created");
  }

  @ParameterizedTest
  @CsvSource({
    "Deployment, rwo, replicas: 5, readwriteonce",
    "Deployment, rwx, replicas: 5, readwritemany",
    "DaemonSet, rwx, minReadySeconds: 0, readwritemany",
    "StatefulSet, one, 'serviceName: db', readwriteoncepod",
    "Deployment, recreate, 'strategy: {type: Recreate}', readwriteoncepod",
    "Deployment, none, 'replicas: 0', readwriteoncepod",
  })
  void innocent_workloads_are_accepted_without_a_word(
      String kind, String name, String extra, String claim) throws Exception {
    assertThat(api.kubectl(workload(kind, name, extra, claim), "create", "-f", "-").output())
        .contains("created")
        .doesNotContain("Warning");
  }

  @Test
  void a_stateful_set_of_five_with_claim_templates_is_accepted_without_a_word() throws Exception {
    String manifest =
        STATEFUL_SET
            .formatted("five", PLAIN, "ReadWriteOncePod")
            .replace("serviceName: db", "serviceName: db\n  replicas: 5");
    assertThat(api.kubectl(manifest, "create", "-f", "-").output())
        .contains("created")
        .doesNotContain("Warning");
  }

  @Test
  void what_a_controller_made_is_let_through() throws Exception {
    String owned =
        workload("ReplicaSet", "owned", "replicas: 2", "readwriteoncepod")
            .replace(
                "namespace: plain}",
                "namespace: plain, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: d,"
                    + " uid: 705ab4f5-6393-11e8-b7cc-42010a800002, controller: true}]}");
    assertThat(api.kubectl(owned, "create", "-f", "-").output())
        .contains("created")
        .doesNotContain("Warning");
    assertThat(service.log()).contains("let through CREATE of ReplicaSet plain/owned");
  }
}
