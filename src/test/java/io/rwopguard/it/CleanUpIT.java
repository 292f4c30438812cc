package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachmentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.DeniedWrites;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.TestNodes;
import io.rwopguard.testing.process.CommandLineResult;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Checks what {@code rwop-guard failover clean-up} removes from a real API server, and what it
 * leaves.
 */
@OnSecondApiServer
@Sampled(methods = 6)
class CleanUpIT {

  private static final String NAMESPACE = "clean-up";
  private static final String TENANT = "clean-up-tenant";
  private static final String ATTACHMENT = "clean-up-attachment";
  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  private static final String FAILED_OVER = "rwop-guard.io/failed-over";
  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

  private final ApiServer api = ApiServer.running();
  private final KubernetesClient client = api.client();
  private final ScheduledExecutorService leader = Executors.newSingleThreadScheduledExecutor();

  @BeforeEach
  void make() throws Exception {
    // other classes share the API server, and leave the Leases of installations behind
    client.leases().inAnyNamespace().withLabel("rwop-guard.io/lease").delete();
    api.kubectl("", "create", "namespace", NAMESPACE);
    api.kubectl("", "create", "namespace", TENANT);
    node("clean-up-a", new Taint("NoSchedule", FAILED_OVER, null, "true"));
    node(
        "clean-up-b",
        new Taint("NoSchedule", "theirs", null, "x"),
        new Taint("NoSchedule", FAILED_OVER, null, "reboot-1"),
        new Taint("NoSchedule", OUT_OF_SERVICE, null, "rwop-guard"));
    TestNodes.boot(client, "clean-up-b", "2");
    node("clean-up-c", new Taint("NoExecute", OUT_OF_SERVICE, null, "nodeshutdown"));
    lease(TENANT, "rwop-guard-data", "primary", "db-0/uid");
    lease(TENANT, "theirs", "other", "them");
    lease(NAMESPACE, "rwop-guard-failover", "none", "a_1");
    failover("rwop-guard-failover-1", "clean-up-a", "\"outcome\": \"DONE\"");
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("settings")
                .addToLabels(MANAGED_BY, "Helm")
                .endMetadata()
                .build())
        .create();
  }

  private void node(String name, Taint... taints) {
    client
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withTaints(taints)
                .endSpec()
                .build())
        .create();
  }

  private void lease(String namespace, String name, String label, String holder) {
    client
        .leases()
        .inNamespace(namespace)
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("rwop-guard.io/lease", label)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(2)
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build())
        .create();
  }

  private void record(String name, String kind, String entries, String node) {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(MANAGED_BY, "rwop-guard")
                .addToLabels("rwop-guard.io/record", kind)
                .endMetadata()
                .addToData("node", node)
                .addToData("entries", entries)
                .build())
        .create();
  }

  private void failover(String name, String node, String more) {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(MANAGED_BY, "rwop-guard")
                .addToLabels("rwop-guard.io/record", "failover")
                .endMetadata()
                .addToData("schema", "1")
                .addToData(
                    "record",
                    """
                    {"key": "uid-1", "namespace": "shop", "pod": "db-0", "podUid": "uid",
                    "node": "%s", "nodeUid": "uid", "bootId": "1", "renewTime": "t",
                    "claims": [{"name": "data", "uid": "uid"}],
                    "times": {"decided": "2026-01-01T00:00:00Z"}, %s}
                    """
                        .formatted(node, more))
                .build())
        .create();
  }

  private void controller() {
    client
        .resource(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: controller
              namespace: %s
              labels: {app.kubernetes.io/component: controller}
            spec:
              containers:
                - {name: c, image: c, env: [{name: RWOP_GUARD_RUN, value: failover}]}
            """
                .formatted(NAMESPACE))
        .create();
  }

  private void assertNothingChanged(CommandLineResult refused) {
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(hasLease(TENANT, "rwop-guard-data")).isTrue();
    assertThat(records()).contains("rwop-guard-failover-1");
  }

  @AfterEach
  void remove() {
    leader.shutdownNow();
    client.storage().v1().volumeAttachments().list().getItems().stream()
        .filter(each -> each.getMetadata().getName().equals(ATTACHMENT))
        .forEach(
            each ->
                client
                    .storage()
                    .v1()
                    .volumeAttachments()
                    .withName(ATTACHMENT)
                    .edit(
                        found ->
                            new VolumeAttachmentBuilder(found)
                                .editMetadata()
                                .withFinalizers()
                                .endMetadata()
                                .build()));
    client.pods().inNamespace(NAMESPACE).withName("controller").withGracePeriod(0).delete();
    client.apps().deployments().inNamespace(NAMESPACE).delete();
    for (String node : List.of("clean-up-a", "clean-up-b", "clean-up-c")) {
      client.nodes().withName(node).delete();
    }
    for (String namespace : List.of(NAMESPACE, TENANT)) {
      client.leases().inNamespace(namespace).delete();
      client.configMaps().inNamespace(namespace).delete();
    }
  }

  private CommandLineResult cleanUp(String... more) {
    String[] command = new String[more.length + 4];
    List.of("failover", "clean-up", "--namespace", NAMESPACE).toArray(command);
    System.arraycopy(more, 0, command, 4, more.length);
    return CommandLineResult.of(api.kubeconfig(), "", command);
  }

  private List<String> taints(String node) {
    return client.nodes().withName(node).get().getSpec().getTaints().stream()
        .map(Taint::getKey)
        .filter(key -> !key.equals("node.kubernetes.io/not-ready"))
        .toList();
  }

  private List<String> records() {
    return client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withLabel(MANAGED_BY, "rwop-guard")
        .list()
        .getItems()
        .stream()
        .map(each -> each.getMetadata().getName())
        .toList();
  }

  private boolean hasLease(String namespace, String name) {
    return client.leases().inNamespace(namespace).withName(name).get() != null;
  }

  @Test
  void it_removes_what_failover_wrote_and_nothing_else() {
    CommandLineResult dry = cleanUp("--dry-run");
    assertThat(dry.exitCode()).as(dry.output()).isZero();
    assertThat(dry.output())
        .contains("would remove taint " + FAILED_OVER + "=true of node clean-up-a")
        .contains("would remove Lease " + TENANT + "/rwop-guard-data")
        .contains("would remove ConfigMap " + NAMESPACE + "/rwop-guard-failover-1");
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(records()).hasSize(1);

    CommandLineResult done = cleanUp();
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertThat(taints("clean-up-a")).isEmpty();
    assertThat(taints("clean-up-b")).containsExactly("theirs");
    assertThat(taints("clean-up-c")).containsExactly(OUT_OF_SERVICE);
    assertThat(hasLease(TENANT, "rwop-guard-data")).isFalse();
    assertThat(hasLease(TENANT, "theirs")).isTrue();
    assertThat(hasLease(NAMESPACE, "rwop-guard-failover")).isFalse();
    assertThat(records()).isEmpty();
    assertThat(client.configMaps().inNamespace(NAMESPACE).withName("settings").get()).isNotNull();
  }

  @Test
  void names_what_a_policy_denies_and_removes_all_else() {
    DeniedWrites.during(
        client,
        "/api/v1/nodes/clean-up-a",
        () -> {
          CommandLineResult left = cleanUp();
          assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
          assertThat(left.output())
              .contains("left: the taints of node clean-up-a. The API server refuses")
              .contains(DeniedWrites.MESSAGE)
              .doesNotContain("changed between read and write");
        });
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(taints("clean-up-b")).containsExactly("theirs");
    assertThat(records()).isEmpty();
    assertThat(cleanUp().exitCode()).isZero();
  }

  @Test
  void it_refuses_while_a_controller_leads() {
    var unused =
        leader.scheduleAtFixedRate(
            () ->
                client
                    .leases()
                    .inNamespace(NAMESPACE)
                    .withName("rwop-guard-failover")
                    .edit(
                        lease ->
                            new LeaseBuilder(lease)
                                .editSpec()
                                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                                .endSpec()
                                .build()),
            0,
            300,
            TimeUnit.MILLISECONDS);
    CommandLineResult refused = cleanUp();
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output()).contains("a_1 renews Lease", "Stop the controllers first");
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(hasLease(TENANT, "rwop-guard-data")).isTrue();
    leader.shutdownNow();
    assertThat(cleanUp().exitCode()).isZero();
  }

  @Test
  void a_node_that_is_still_fenced_keeps_its_taints_and_its_record() {
    record("fence-a", "fence", "[{\"state\":\"UNFENCED\"}]", "clean-up-a");
    record(
        "fence-b", "fence", "[{\"state\":\"UNFENCED\"},{\"state\":\"CONFIRMED\"}]", "clean-up-b");
    CommandLineResult left = cleanUp();
    assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
    assertThat(left.output())
        .contains(
            "node clean-up-b keeps its taints and records: it is still fenced",
            "ConfigMap clean-up/fence-b",
            "Un-fence the node",
            "delete the ConfigMap")
        .doesNotContain("node clean-up-a keeps");
    assertThat(taints("clean-up-a")).isEmpty();
    assertThat(taints("clean-up-b")).containsExactly("theirs", FAILED_OVER, OUT_OF_SERVICE);
    assertThat(records()).containsExactly("fence-b");

    CommandLineResult forced = cleanUp("--force");
    assertThat(forced.exitCode()).as(forced.output()).isZero();
    assertThat(forced.output())
        .contains("WARNING: node clean-up-b loses", "rwop-guard never un-fences the node");
    assertThat(taints("clean-up-b")).containsExactly("theirs");
    assertThat(records()).isEmpty();
  }

  @Test
  void before_it_stops_the_controllers_it_looks_for_fences() {
    record("fence-b", "fence", "", "clean-up-b");
    CommandLineResult refused = cleanUp("--stop", "rwop-guard-controller");
    assertNothingChanged(refused);
    assertThat(refused.output())
        .contains("nothing was done", "Deployment clean-up/rwop-guard-controller", "--force");
  }

  @Test
  void a_failover_in_progress_keeps_its_record_and_its_node() {
    failover("rwop-guard-failover-2", "clean-up-a", "\"controller\": \"x\"");
    CommandLineResult left = cleanUp();
    assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
    assertThat(left.output())
        .contains(
            "node clean-up-a keeps its taints and records: a failover from it has not ended",
            "ConfigMap clean-up/rwop-guard-failover-2");
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(taints("clean-up-b")).containsExactly("theirs");
    assertThat(records()).containsExactly("rwop-guard-failover-2");
  }

  @Test
  void a_record_that_names_no_node_keeps_all_taints_and_says_which_record_it_is() {
    record("fence-x", "fence", "", "");
    CommandLineResult left = cleanUp();
    assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
    assertThat(left.output())
        .contains(
            "ConfigMap clean-up/fence-x",
            "left: the taints of all nodes",
            "then run the clean-up again");
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(records()).containsExactly("fence-x");
  }

  @Test
  void a_node_that_waits_for_a_reboot_keeps_its_taint() {
    TestNodes.boot(client, "clean-up-b", "1");
    CommandLineResult left = cleanUp();
    assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
    assertThat(left.output())
        .contains("node clean-up-b keeps", FAILED_OVER + "=reboot-1", "Reboot the node");
    assertThat(taints("clean-up-a")).isEmpty();
    assertThat(taints("clean-up-b")).containsExactly("theirs", FAILED_OVER, OUT_OF_SERVICE);
  }

  @Test
  void the_out_of_service_taint_stays_while_a_volume_is_being_detached() {
    client
        .resource(
            """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttachment
            metadata: {name: %s, finalizers: [example.com/detach]}
            spec: {attacher: d.example.com, nodeName: clean-up-b, source: {persistentVolumeName: pv}}
            """
                .formatted(ATTACHMENT))
        .create();
    // Kubernetes detaches from a suspect node what a deleted Pod leaves there
    assertThat(cleanUp("--dry-run").output())
        .contains("node clean-up-b keeps", "VolumeAttachment " + ATTACHMENT);
    TestNodes.ready(client, "clean-up-b");
    assertThat(cleanUp("--dry-run").output()).doesNotContain("node clean-up-b keeps");
    client.storage().v1().volumeAttachments().withName(ATTACHMENT).delete();
    CommandLineResult left = cleanUp();
    assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
    assertThat(left.output()).contains("node clean-up-b keeps", "VolumeAttachment " + ATTACHMENT);
    assertThat(taints("clean-up-b")).contains(OUT_OF_SERVICE);
  }

  @Test
  void it_refuses_while_a_pod_of_the_controllers_runs() {
    controller();
    CommandLineResult refused = cleanUp();
    assertNothingChanged(refused);
    assertThat(refused.output())
        .contains("Pod clean-up/controller", "Stop the controllers first, or add --force");
    CommandLineResult forced = cleanUp("--force");
    assertThat(forced.exitCode()).as(forced.output()).isZero();
    assertThat(forced.output()).contains("Everything is removed anyway");
    assertThat(taints("clean-up-a")).isEmpty();
  }

  @Test
  void it_refuses_while_another_installation_has_failover() {
    lease(TENANT, "other-failover", "failover-election", "b_2");
    CommandLineResult refused = cleanUp("--stop", "rwop-guard-controller");
    assertNothingChanged(refused);
    assertThat(refused.output())
        .contains("by Lease " + TENANT + "/other-failover", "Nothing was done", "--force");
    client.leases().inNamespace(TENANT).withName("other-failover").delete();
    assertThat(cleanUp().exitCode()).isZero();
  }

  private void deployment(int replicas) {
    client
        .resource(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: guard, namespace: %s}
            spec:
              replicas: %d
              selector: {matchLabels: {a: b}}
              template:
                metadata: {labels: {a: b}}
                spec: {containers: [{name: c, image: c}]}
            """
                .formatted(NAMESPACE, replicas))
        .create();
  }

  @Test
  void it_says_whether_the_controllers_that_have_to_end_a_fence_are_stopped() {
    record("fence-b", "fence", "", "clean-up-b");
    deployment(3);
    CommandLineResult refused = cleanUp("--stop", "guard");
    assertNothingChanged(refused);
    assertThat(refused.output())
        .contains(
            "Deployment clean-up/guard was not stopped",
            "clean-up --namespace clean-up --election rwop-guard-failover,",
            "--stop guard --force",
            "helm uninstall --no-hooks")
        .doesNotContain("kubectl scale");
    client.apps().deployments().inNamespace(NAMESPACE).withName("guard").scale(0);
    CommandLineResult again = cleanUp("--stop", "guard");
    assertNothingChanged(again);
    assertThat(again.output())
        .contains(
            "Deployment clean-up/guard is already stopped",
            "kubectl scale deployment -n clean-up guard --replicas=2")
        .doesNotContain("was not stopped");
  }

  @Test
  void considers_what_the_controllers_did_until_they_ended() throws Exception {
    controller();
    deployment(3);
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> cleanUp("--stop", "guard"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                client
                        .apps()
                        .deployments()
                        .inNamespace(NAMESPACE)
                        .withName("guard")
                        .get()
                        .getSpec()
                        .getReplicas()
                    == 0);
    record("fence-a", "fence", "[{\"state\":\"CONFIRMED\"}]", "clean-up-a");
    client.pods().inNamespace(NAMESPACE).withName("controller").withGracePeriod(0).delete();
    CommandLineResult left = running.get();
    assertThat(left.exitCode()).as(left.output()).isEqualTo(1);
    assertThat(left.output())
        .contains(
            "node clean-up-a keeps its taints and records",
            "kubectl scale deployment -n clean-up guard --replicas=3");
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(records()).containsExactly("fence-a");
  }
}
