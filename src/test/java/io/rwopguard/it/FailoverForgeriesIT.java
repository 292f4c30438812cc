package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.AttachedVolumeBuilder;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.PlantedRecords;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Checks that a tenant who may write Leases cannot influence failover (security review C1, H3;
 * safety review S5). The tenant writes forged records, forged histories and a flood of both. A
 * record in the controllers' own namespace, forged or from a backup, does no more than a true one.
 */
@OnSecondApiServer
@Sampled(methods = 2)
class FailoverForgeriesIT {

  private static final String NAMESPACE = "forgeries";

  /** Not opted in. */
  private static final String OTHER = "forgeries-other";

  private static final String CONTROLLERS = "default";
  private static final JsonMapper JSON = new JsonMapper();

  private final KubernetesClient client = ApiServer.running().client();
  private SimulatedNodes cluster;
  private final List<Lease> forged = new ArrayList<>();
  private ServiceProcess service;

  /** An instance is made of a method that is skipped, too. */
  @BeforeEach
  void play() {
    cluster = new SimulatedNodes(client, NAMESPACE, 6);
  }

  @AfterEach
  void stop() {
    if (service != null) {
      service.close();
    }
    cluster.close();
    client.leases().inNamespace(NAMESPACE).delete();
    client.configMaps().inNamespace(CONTROLLERS).withLabel("rwop-guard.io/record").delete();
    cluster.removeObjects();
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .pollInSameThread();
  }

  private void serve(String... more) throws IOException {
    String failover = "rwop-guard.failover.";
    List<String> settings = new ArrayList<>(List.of(more));
    settings.add("rwop-guard.kubeconfig=" + ApiServer.running().kubeconfig());
    settings.add("rwop-guard.namespace=default");
    settings.add(failover + "mode=enforce");
    settings.add(failover + "release=volume");
    settings.add(failover + "scan-interval=1s");
    settings.add(
        failover + "drivers.\"%s\".revokes-on-unpublish=true".formatted(SimulatedNodes.DRIVER));
    service = new ServiceProcess(settings.toArray(String[]::new));
    await().until(() -> report().path("leader").asBoolean());
  }

  private JsonNode report() throws Exception {
    return JSON.readTree(service.management("/failover").body());
  }

  private Pod pod(String name) {
    return client.pods().inNamespace(NAMESPACE).withName(name + "-0").get();
  }

  private String node(String name) {
    String node = NAMESPACE + "-node-" + name;
    cluster.node(node);
    return node;
  }

  /** Writes what a ServiceAccount with the rights of any operator's leader election can write. */
  private void forge(String name, Map<String, String> annotations) {
    forged.add(
        client
            .leases()
            .inNamespace(NAMESPACE)
            .resource(
                new LeaseBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .withNamespace(NAMESPACE)
                    .addToLabels("rwop-guard.io/lease", "primary")
                    .addToAnnotations("rwop-guard.io/claim", name)
                    .addToAnnotations(annotations)
                    .endMetadata()
                    .withNewSpec()
                    .endSpec()
                    .build())
            .serverSideApply());
  }

  /** The record of a failover as this version and the first one wrote it. */
  private static Map<String, String> record(String node, Pod pod) {
    String record =
        """
        {"key": "%3$s", "namespace": "%4$s", "node": "%1$s", "pod": "%2$s", "uid": "%3$s",
         "podUid": "%3$s", "byHand": "x", "requestedBy": "x", "renewTime": "", "volumes": [],
         "claims": [{"name": "data-%2$s", "uid": "u"}],
         "times": {"decided": "%5$s"}}
        """
            .formatted(
                node,
                pod.getMetadata().getName(),
                pod.getMetadata().getUid(),
                NAMESPACE,
                Instant.now());
    return Map.of(
        "rwop-guard.io/failover-under-way", record,
        "rwop-guard.io/failover-in-progress", record,
        "rwop-guard.io/failover-requested", record);
  }

  @Test
  void a_forged_record_deletes_no_healthy_pod() throws Exception {
    String node = node("a");
    cluster.database("a", node, SimulatedNodes.DRIVER);
    String uid = pod("a").getMetadata().getUid();
    forge("x", record("no-such-node", pod("a")));
    forge("rwop-guard-data-a-0", record(node, pod("a")));
    serve();
    cluster.watchFor(Duration.ofSeconds(8), () -> pod("a").getMetadata().getDeletionTimestamp());
    assertThat(pod("a").getMetadata().getUid()).isEqualTo(uid);
    assertThat(report().path("decisions").toString()).doesNotContain("resumes");
    assertThat(
            client.nodes().withName(node).get().getSpec().getTaints().stream()
                .map(taint -> taint.getKey()))
        .isEmpty();
  }

  @Test
  void a_forged_history_and_a_flood_of_leases_keep_no_pod_from_its_failover() throws Exception {
    String node = node("b");
    cluster.database("b", node, SimulatedNodes.DRIVER);
    Pod pod = pod("b");
    String history = "9999-01-01T00:00:00Z n,".repeat(60);
    forge("history", Map.of("rwop-guard.io/failovers", history));
    forge("poison", Map.of("rwop-guard.io/failovers", "+1000000000-12-31T23:59:59.999999999Z n"));
    for (int i = 0; i < 500; i++) {
      forge("flood-" + i, record(node, pod));
    }
    serve();
    // it begins with distrust of the API server
    cluster.die(node);
    await().until(() -> pod("b") == null);
    await()
        .until(() -> client.nodes().withName(node).get().getStatus().getVolumesInUse().isEmpty());
  }

  /** Issue 16, part 4: the volume is released also if a person deleted the Pod before. */
  @Test
  void the_volume_of_a_pod_that_is_gone_already_is_released_for_the_pod_that_waits()
      throws Exception {
    String node = node("c");
    cluster.database("c", node, SimulatedNodes.DRIVER);
    client
        .nodes()
        .withName(node)
        .editStatus(
            object -> {
              object
                  .getStatus()
                  .setVolumesAttached(
                      List.of(
                          new AttachedVolumeBuilder()
                              .withName(
                                  "kubernetes.io/csi/%s^handle-c".formatted(SimulatedNodes.DRIVER))
                              .withDevicePath("")
                              .build()));
              return object;
            });
    serve();
    cluster.die(node);
    client.pods().inNamespace(NAMESPACE).withName("c-0").withGracePeriod(0).delete();
    await().until(() -> pod("c") == null);
    cluster.waitingPod("c", NAMESPACE + "-spare-1");
    await()
        .until(() -> client.nodes().withName(node).get().getStatus().getVolumesInUse().isEmpty());
    assertThat(pod("c").getMetadata().getDeletionTimestamp()).isNull();
    assertThat(client.nodes().withName(node).get().getSpec().getTaints())
        .anyMatch(taint -> taint.getKey().equals("rwop-guard.io/failed-over"));
  }

  /** The records of failovers in the controllers' namespace. */
  private List<ConfigMap> records() {
    return client
        .configMaps()
        .inNamespace(CONTROLLERS)
        .withLabel("rwop-guard.io/record", "failover")
        .list()
        .getItems();
  }

  private ConfigMap record(String name) {
    return client.configMaps().inNamespace(CONTROLLERS).withName(name).get();
  }

  private String outcome(ConfigMap planted) throws Exception {
    return PlantedRecords.read(record(planted.getMetadata().getName())).path("outcome").asText();
  }

  private List<String> volumesInUse(String node) {
    return client.nodes().withName(node).get().getStatus().getVolumesInUse();
  }

  /** Kubernetes detaches the volume, and a successor starts on this node. */
  private void succeed(String name, String from, String to) {
    client
        .storage()
        .v1()
        .volumeAttachments()
        .withName(SimulatedNodes.attachment(name, from, SimulatedNodes.DRIVER))
        .delete();
    cluster.pod(name, to);
  }

  @Test
  void the_budget_outlives_the_leader() throws Exception {
    String limit = "rwop-guard.failover.limits.max-per-claim-per-hour=1";
    String node = node("d");
    String second = node("d-second");
    cluster.database("d", node, SimulatedNodes.DRIVER);
    serve(limit);
    cluster.die(node);
    await().until(() -> pod("d") == null);
    service.kill();
    ConfigMap record = records().get(0);
    assertThat(records()).hasSize(1);
    serve(limit);
    // resumed by the next leader, from its own record and the cluster alone
    await().until(() -> volumesInUse(node).isEmpty());
    succeed("d", node, second);
    String successor = pod("d").getMetadata().getUid();
    await().until(() -> outcome(record).equals("DONE"));
    cluster.die(second);
    await().until(() -> report().toString().contains("budget-used-up"));
    assertThat(pod("d").getMetadata().getUid()).isEqualTo(successor);
    assertThat(pod("d").getMetadata().getDeletionTimestamp()).isNull();
    assertThat(records()).hasSize(1);
  }

  @Test
  void a_record_of_a_pod_that_may_not_be_failed_over_is_followed_by_nothing() throws Exception {
    String healthy = node("f");
    cluster.database("f", healthy, SimulatedNodes.DRIVER);
    String dead = node("g");
    try (SimulatedNodes other = new SimulatedNodes(client, OTHER, 0)) {
      client
          .namespaces()
          .withName(OTHER)
          .edit(
              namespace -> {
                namespace.getMetadata().getLabels().remove("rwop-guard.io/failover");
                return namespace;
              });
      other.database("g", dead, SimulatedNodes.DRIVER);
      // it is failed over, so that the rest was not left alone for want of a dead node
      cluster.database("h", dead, SimulatedNodes.DRIVER);
      Pod mine = pod("f");
      Pod foreign = client.pods().inNamespace(OTHER).withName("g-0").get();
      cluster.die(dead);
      ConfigMap ofHealthy = PlantedRecords.plant(client, CONTROLLERS, mine);
      ConfigMap ofForeign = PlantedRecords.plant(client, CONTROLLERS, foreign);
      serve();
      await().until(() -> outcome(ofHealthy).equals("CANCELED"));
      await().until(() -> pod("h") == null);
      await().until(() -> volumesInUse(dead).size() == 1);
      cluster.watchFor(
          Duration.ofSeconds(3),
          () -> {
            Pod now = client.pods().inNamespace(OTHER).withName("g-0").get();
            return foreign.equals(now) && mine.equals(pod("f")) ? null : "a write to a Pod";
          });
      assertThat(volumesInUse(dead)).allMatch(volume -> volume.endsWith("^handle-g"));
      assertThat(volumesInUse(healthy)).hasSize(1);
      assertThat(client.nodes().withName(healthy).get().getSpec().getTaints()).isEmpty();
      assertThat(outcome(ofForeign)).isEmpty();
      assertThat(report().at("/decisions/" + OTHER + "~1g-0").asText()).contains("not-opted-in");
    } finally {
      client.pods().inNamespace(OTHER).withGracePeriod(0).delete();
    }
  }

  /** Issue 16, part 2: a restored backup (Velero) of the same cluster. */
  @Test
  void a_restored_backup_touches_no_current_pod() throws Exception {
    String node = node("e");
    cluster.database("e", node, SimulatedNodes.DRIVER);
    serve();
    cluster.die(node);
    await().until(() -> pod("e") == null);
    await().until(() -> volumesInUse(node).isEmpty());
    ConfigMap old = records().get(0);
    succeed("e", node, NAMESPACE + "-spare-1");
    await().until(() -> outcome(old).equals("DONE"));
    service.kill();
    client.resource(record(old.getMetadata().getName())).delete();

    ConfigMap restored =
        PlantedRecords.restore(
            client, old, old.getMetadata().getName(), old.getData().get("record"));
    assertThat(outcome(restored)).isEmpty();
    assertThat(restored.getMetadata().getUid()).isNotEqualTo(old.getMetadata().getUid());
    ObjectNode record = (ObjectNode) PlantedRecords.read(old);
    record.put("key", "of-a-wrong-clock");
    record.withObject("/times").put("decided", Instant.now().plus(Duration.ofDays(30)).toString());
    ConfigMap future =
        PlantedRecords.restore(
            client, old, "rwop-guard-failover-of-a-wrong-clock", record.toString());
    Pod today = pod("e");
    serve();
    await().until(() -> outcome(restored).equals("DONE"));
    cluster.watchFor(
        Duration.ofSeconds(5), () -> today.equals(pod("e")) ? null : "a write to the Pod");
    assertThat(record(future.getMetadata().getName())).isEqualTo(future);
    assertThat(service.log())
        .contains(
            future.getMetadata().getName() + ": its date", "ahead of the clock of this replica");
  }
}
