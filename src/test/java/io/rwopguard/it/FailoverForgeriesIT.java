package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.AttachedVolumeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a tenant who may write Leases can make failover do, which is nothing: forged records, forged
 * histories and a flood of both (security review C1, H3; safety review S5).
 */
@OnSecondApiServer
class FailoverForgeriesIT {

  private static final String NAMESPACE = "forgeries";
  private static final JsonMapper JSON = new JsonMapper();

  private final KubernetesClient client = ApiServer.running().client();
  private final PlayedCluster cluster = new PlayedCluster(client, NAMESPACE, 6);
  private final List<Lease> forged = new ArrayList<>();
  private ServiceProcess service;

  @AfterEach
  void stop() {
    if (service != null) {
      service.close();
    }
    cluster.close();
    client.leases().inNamespace(NAMESPACE).delete();
    client.configMaps().inNamespace("default").withLabel("rwop-guard.io/record").delete();
    client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
    client.storage().v1().volumeAttachments().delete();
    client.nodes().list().getItems().stream()
        .map(each -> each.getMetadata().getName())
        .filter(each -> each.startsWith(NAMESPACE))
        .forEach(cluster::deleteNode);
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .pollInSameThread();
  }

  private void serve() throws IOException {
    String failover = "rwop-guard.failover.";
    service =
        new ServiceProcess(
            "rwop-guard.kubeconfig=" + ApiServer.running().kubeconfig(),
            "rwop-guard.namespace=default",
            failover + "mode=enforce",
            failover + "release=volume",
            failover + "scan-every=1s",
            failover + "drivers.\"%s\".revokes-on-unpublish=true".formatted(PlayedCluster.DRIVER));
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

  /** What a ServiceAccount with the rights of any operator's leader election can write. */
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
    cluster.database("a", node, PlayedCluster.DRIVER);
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
    cluster.database("b", node, PlayedCluster.DRIVER);
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
    cluster.database("c", node, PlayedCluster.DRIVER);
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
                                  "kubernetes.io/csi/%s^handle-c".formatted(PlayedCluster.DRIVER))
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

  @Test
  void the_budget_outlives_the_leader() throws Exception {
    String node = node("d");
    cluster.database("d", node, PlayedCluster.DRIVER);
    serve();
    cluster.die(node);
    await().until(() -> pod("d") == null);
    service.kill();
    assertThat(
            client
                .configMaps()
                .inNamespace("default")
                .withLabel("rwop-guard.io/record", "failover")
                .list()
                .getItems())
        .hasSize(1);
    serve();
    // resumed by the next leader, from its own record and the cluster alone
    await()
        .until(() -> client.nodes().withName(node).get().getStatus().getVolumesInUse().isEmpty());
  }
}
