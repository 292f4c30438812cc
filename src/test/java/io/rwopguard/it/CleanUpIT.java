package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code rwop-guard failover clean-up} removes from a real API server, and what it leaves. */
class CleanUpIT {

  private static final String NAMESPACE = "clean-up";
  private static final String TENANT = "clean-up-tenant";
  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  private static final String FAILED_OVER = "rwop-guard.io/failed-over";
  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

  private final ApiServer api = ApiServer.running();
  private final KubernetesClient client = api.client();
  private final ScheduledExecutorService leader = Executors.newSingleThreadScheduledExecutor();

  @BeforeEach
  void make() throws Exception {
    api.kubectl("", "create", "namespace", NAMESPACE);
    api.kubectl("", "create", "namespace", TENANT);
    node("clean-up-a", new Taint("NoSchedule", FAILED_OVER, null, "true"));
    node(
        "clean-up-b",
        new Taint("NoSchedule", "theirs", null, "x"),
        new Taint("NoSchedule", FAILED_OVER, null, "reboot-1"),
        new Taint("NoSchedule", OUT_OF_SERVICE, null, "rwop-guard"));
    node("clean-up-c", new Taint("NoExecute", OUT_OF_SERVICE, null, "nodeshutdown"));
    lease(TENANT, "rwop-guard-data", "primary", "db-0/uid");
    lease(TENANT, "theirs", "other", "them");
    lease(NAMESPACE, "rwop-guard-failover", "none", "a_1");
    record("rwop-guard-failover-1", "failover", "{}", "");
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

  @AfterEach
  void remove() {
    leader.shutdownNow();
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
        .contains("WARNING: node clean-up-b is fenced")
        .doesNotContain("node clean-up-a is fenced");
    assertThat(taints("clean-up-a")).isEmpty();
    assertThat(taints("clean-up-b")).containsExactly("theirs", FAILED_OVER, OUT_OF_SERVICE);
    assertThat(records()).containsExactly("fence-b");

    CommandLineResult forced = cleanUp("--force");
    assertThat(forced.exitCode()).as(forced.output()).isZero();
    assertThat(taints("clean-up-b")).containsExactly("theirs");
    assertThat(records()).isEmpty();
  }

  @Test
  void before_it_stops_the_controllers_it_looks_for_fences() {
    record("fence-b", "fence", "", "clean-up-b");
    CommandLineResult refused = cleanUp("--stop", "rwop-guard-controller");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(taints("clean-up-a")).containsExactly(FAILED_OVER);
    assertThat(hasLease(TENANT, "rwop-guard-data")).isTrue();
  }
}
