package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.TestHttpsServer;
import io.rwopguard.testing.process.CommandLineResult;
import io.rwopguard.testing.process.DocumentedMetrics;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Checks what failover does to the objects of a real API server, and when it does nothing. */
@Sampled(methods = 4)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverThroughApiServerIT {

  private static final String NAMESPACE = "failover";
  private static final String UNSTATED = "unstated.csi.example.org";
  private static final String UNFENCED = "unfenced.csi.example.org";
  private static final String FENCED = "fenced.csi.example.org";
  private static final JsonMapper JSON = new JsonMapper();

  /** Longer than it takes to suspect a node of these Leases, and to look twice. */
  private static final Duration A_WHILE = Duration.ofSeconds(6);

  private KubernetesClient client;
  private SimulatedNodes cluster;
  private ServiceProcess service;
  private TestHttpsServer fence;

  /** Requests to the fence. The next field is whether it does as it is asked. */
  private final List<JsonNode> asked = new CopyOnWriteArrayList<>();

  private volatile boolean fences;
  private int number;

  private String node;
  private String name;

  @BeforeAll
  void start() throws Exception {
    client = ApiServer.running().client();
    cluster = new SimulatedNodes(client, NAMESPACE, 8);
    cluster.driver(UNSTATED, true);
    cluster.driver(UNFENCED, false);
    cluster.driver(FENCED, false);
    fence =
        new TestHttpsServer(
            (path, request) -> {
              asked.add(request);
              return JSON.createObjectNode().put("fenced", fences);
            });
    service = serve();
    await().until(() -> report().path("leader").asBoolean());
    // it begins with distrust of the API server
    Thread.sleep(12_000);
  }

  private ServiceProcess serve() throws IOException {
    String failover = "rwop-guard.failover.";
    return new ServiceProcess(
        "rwop-guard.kubeconfig=" + ApiServer.running().kubeconfig(),
        "rwop-guard.namespace=default",
        failover + "mode=enforce",
        failover + "release=volume",
        failover + "scan-interval=1s",
        failover + "maintenance.recovery-hold-off=10s",
        failover + "limits.max-per-claim-per-hour=1",
        failover + "fences.power.type=https",
        failover + "fences.power.url=" + fence.url("/fence"),
        failover + "fences.power.ca-certificate=" + fence.ca(),
        failover + "drivers.\"%s\".revokes-on-unpublish=true".formatted(SimulatedNodes.DRIVER),
        failover + "drivers.\"%s\".stopped-by-fence=true".formatted(FENCED));
  }

  @AfterAll
  void stop() {
    if (fence != null) {
      fence.close();
    }
    if (service != null) {
      service.close();
    }
    if (cluster != null) {
      cluster.close();
      client.nodes().list().getItems().stream()
          .map(each -> each.getMetadata().getName())
          .filter(each -> each.startsWith(NAMESPACE))
          .forEach(cluster::deleteNode);
    }
  }

  @BeforeEach
  void node() {
    number++;
    name = "db-" + number;
    node = NAMESPACE + "-node-" + number;
    cluster.node(node);
  }

  @AfterEach
  void nodeGoes() {
    cluster.deleteNode(node);
    client.pods().inNamespace(NAMESPACE).withName(name + "-0").withGracePeriod(0).delete();
  }

  static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(100))
        .pollInSameThread();
  }

  private JsonNode report() throws Exception {
    return JSON.readTree(service.management("/failover").body());
  }

  private void database(String driver) {
    cluster.database(name, node, driver);
  }

  private Pod pod() {
    return client.pods().inNamespace(NAMESPACE).withName(name + "-0").get();
  }

  private Lease lease() {
    return client.leases().inNamespace(NAMESPACE).withName("rwop-guard-data-" + name + "-0").get();
  }

  private Map<String, String> annotations() {
    return lease().getMetadata().getAnnotations();
  }

  private void awaitHolder(String uid) {
    await()
        .until(
            () ->
                lease() != null
                    && lease().getSpec().getHolderIdentity().equals(name + "-0/" + uid));
  }

  private Node nodeObject() {
    return client.nodes().withName(node).get();
  }

  private List<String> taints() {
    return nodeObject().getSpec().getTaints().stream().map(Taint::getKey).toList();
  }

  private List<String> events(String kind, String of) {
    return client.v1().events().inAnyNamespace().list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getKind().equals(kind))
        .filter(event -> event.getInvolvedObject().getName().equals(of))
        .map((Event event) -> event.getReason() + ": " + event.getMessage())
        .toList();
  }

  private String attachment() {
    return SimulatedNodes.attachment(name, node, SimulatedNodes.DRIVER);
  }

  private void assertLeftAlone(String reason) throws Exception {
    String uid = pod().getMetadata().getUid();
    await().until(() -> report().toString().contains(reason));
    Thread.sleep(A_WHILE.toMillis());
    assertThat(pod().getMetadata().getUid()).isEqualTo(uid);
    assertThat(pod().getMetadata().getDeletionTimestamp()).isNull();
    assertThat(nodeObject().getStatus().getVolumesInUse()).isNotEmpty();
    assertThat(taints()).doesNotContain("rwop-guard.io/failed-over");
  }

  @Test
  void deletes_pod_of_dead_node_releases_volume_and_waits_for_replacement() throws Exception {
    database(SimulatedNodes.DRIVER);
    String uid = pod().getMetadata().getUid();
    awaitHolder(uid);
    int token = lease().getSpec().getLeaseTransitions();

    cluster.die(node);
    await().until(() -> pod() == null);
    assertThat(taints()).contains("rwop-guard.io/failed-over");
    await().until(() -> nodeObject().getStatus().getVolumesInUse().isEmpty());
    assertThat(annotations().get("rwop-guard.io/failover-in-progress")).contains(uid, node);

    // what the attach/detach controller, the StatefulSet's controller and a kubelet would do
    client.storage().v1().volumeAttachments().withName(attachment()).delete();
    cluster.pod(name, NAMESPACE + "-spare-1");
    await().until(() -> !annotations().containsKey("rwop-guard.io/failover-in-progress"));
    awaitHolder(pod().getMetadata().getUid());
    assertThat(lease().getSpec().getLeaseTransitions()).isGreaterThan(token);

    JsonNode timeline = JSON.readTree(annotations().get("rwop-guard.io/last-failover"));
    assertThat(timeline.properties().stream().map(Map.Entry::getKey).toList())
        .contains("silent", "decided", "tainted", "deleted", "released", "detached", "running");
    assertThat(
            client
                .apps()
                .statefulSets()
                .inNamespace(NAMESPACE)
                .withName(name)
                .get()
                .getMetadata()
                .getAnnotations())
        .containsEntry(
            "rwop-guard.io/last-failover", annotations().get("rwop-guard.io/last-failover"));
    await()
        .untilAsserted(
            () ->
                assertThat(events("Pod", name + "-0"))
                    .anyMatch(event -> event.startsWith("FailoverStarted"))
                    .anyMatch(event -> event.startsWith("FailoverSucceeded")));
    assertThat(events("Node", node)).anyMatch(event -> event.startsWith("FailoverStarted"));
    String metrics = service.management("/q/metrics").body();
    assertThat(metrics)
        .contains("rwop_guard_failover_total_seconds_count")
        .contains("rwop_guard_failovers_total{outcome=\"done\"}");
    DocumentedMetrics.assertServesAll("Failover", "Audit", metrics);
    DocumentedMetrics.assertServesAll("Cluster", "Certificates", metrics);
  }

  @Test
  void the_taint_goes_once_the_node_has_been_well_for_a_while() {
    database(SimulatedNodes.DRIVER);
    cluster.die(node);
    await().until(() -> pod() == null);
    client.storage().v1().volumeAttachments().withName(attachment()).delete();
    cluster.pod(name, NAMESPACE + "-spare-1");
    await().until(() -> !annotations().containsKey("rwop-guard.io/failover-in-progress"));
    cluster.resurrect(node);
    long back = System.nanoTime();
    await().until(() -> taints().isEmpty());
    assertThat(Duration.ofNanos(System.nanoTime() - back)).isGreaterThan(Duration.ofSeconds(9));
  }

  @Test
  void a_second_failover_within_the_hour_is_over_the_limit() throws Exception {
    database(SimulatedNodes.DRIVER);
    cluster.die(node);
    await().until(() -> pod() == null);
    client.storage().v1().volumeAttachments().withName(attachment()).delete();
    String second = node + "-second";
    cluster.node(second);
    cluster.pod(name, second);
    await().until(() -> !annotations().containsKey("rwop-guard.io/failover-in-progress"));
    cluster.die(second);
    await().until(() -> report().toString().contains("budget-used-up"));
    assertThat(pod()).isNotNull();
    cluster.deleteNode(second);
  }

  @Test
  void does_nothing_where_no_user_stated_what_stops_the_old_writer() throws Exception {
    database(UNSTATED);
    cluster.die(node);
    assertLeftAlone("unstated-driver");
    assertThat(events("Pod", name + "-0"))
        .anyMatch(event -> event.startsWith("FailoverRefused") && event.contains(UNSTATED));
    assertThat(events("PersistentVolumeClaim", "data-" + name + "-0"))
        .anyMatch(event -> event.startsWith("FailoverRefused"));
  }

  @Test
  void nothing_is_done_where_the_driver_does_not_attach() throws Exception {
    database(UNFENCED);
    cluster.die(node);
    assertLeftAlone("unfenced-driver");
  }

  @Test
  void nothing_is_done_in_a_namespace_that_does_not_ask_for_it_nor_to_who_does_not_want_it()
      throws Exception {
    database(SimulatedNodes.DRIVER);
    client
        .apps()
        .statefulSets()
        .inNamespace(NAMESPACE)
        .withName(name)
        .edit(
            set -> {
              set.getMetadata().setAnnotations(Map.of("rwop-guard.io/failover", "disabled"));
              return set;
            });
    cluster.die(node);
    assertLeftAlone("opted-out");
    assertThat(events("Pod", name + "-0")).isEmpty();
  }

  @Test
  void leaves_a_suspect_node_alone_that_counts_as_ready() throws Exception {
    database(SimulatedNodes.DRIVER);
    cluster.die(node);
    cluster.ready(node, "True");
    assertLeftAlone("no-second-signal");
  }

  @Test
  void a_cordoned_node_is_left_alone() throws Exception {
    database(SimulatedNodes.DRIVER);
    client
        .nodes()
        .withName(node)
        .edit(
            object -> {
              object.getSpec().setUnschedulable(true);
              return object;
            });
    cluster.die(node);
    assertLeftAlone("maintenance");
    assertThat(events("Node", node)).anyMatch(event -> event.startsWith("FailoverRefused"));
  }

  @Test
  void a_node_whose_clock_is_five_minutes_off_is_as_alive_as_any() throws Exception {
    String late = node + "-late";
    cluster.node(late, Duration.ofMinutes(-5));
    cluster.database(name, late, SimulatedNodes.DRIVER);
    Thread.sleep(A_WHILE.toMillis());
    assertThat(report().path("suspects").toString()).doesNotContain(late);
    cluster.die(late);
    await().until(() -> pod() == null);
    cluster.deleteNode(late);
  }

  @Test
  void a_finalizer_is_left_to_who_set_it() throws Exception {
    database(SimulatedNodes.DRIVER);
    client.pods().inNamespace(NAMESPACE).withName(name + "-0").withGracePeriod(0).delete();
    await().until(() -> pod() == null);
    cluster.pod(name, node, "example.org/backup");
    cluster.die(node);
    await().until(() -> pod().getMetadata().getDeletionTimestamp() != null);
    Thread.sleep(A_WHILE.toMillis());
    assertThat(pod().getMetadata().getFinalizers()).containsExactly("example.org/backup");
    assertThat(nodeObject().getStatus().getVolumesInUse()).isNotEmpty();
    assertThat(report().toString()).contains("a finalizer keeps Pod " + name + "-0");

    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName(name + "-0")
        .edit(pod -> new PodBuilder(pod).editMetadata().withFinalizers().endMetadata().build());
    await().until(() -> nodeObject().getStatus().getVolumesInUse().isEmpty());
  }

  @Test
  void nothing_is_deleted_before_the_fence_has_confirmed() throws Exception {
    fences = false;
    asked.clear();
    database(FENCED);
    cluster.die(node);
    await().until(() -> asked.size() >= 3);
    Thread.sleep(3000);
    assertThat(pod().getMetadata().getDeletionTimestamp()).isNull();
    assertThat(asked).hasSize(3);
    assertThat(asked.get(0).path("node").asText()).isEqualTo(node);
    assertThat(asked.get(0).path("action").asText()).isEqualTo("fence");
    assertThat(asked.get(0).path("scope").asText()).isEqualTo("node");
    assertThat(report().toString()).contains("the fence has not confirmed that node");
    cluster.resurrect(node);
    await().until(() -> !annotations().containsKey("rwop-guard.io/failover-in-progress"));

    fences = true;
    name += "-again";
    database(FENCED);
    cluster.die(node);
    await().until(() -> pod() == null);
    cluster.pod(name, NAMESPACE + "-spare-1");
    await().until(() -> annotations().containsKey("rwop-guard.io/last-failover"));
    assertThat(annotations().get("rwop-guard.io/last-failover")).contains("fenced");
    assertThat(events("Node", node)).noneMatch(event -> event.startsWith("FailoverUnfenced"));
  }

  @Test
  void a_pod_that_goes_before_its_fence_has_confirmed_is_reported() throws Exception {
    fences = false;
    asked.clear();
    database(FENCED);
    cluster.die(node);
    await().until(() -> !asked.isEmpty());
    client.pods().inNamespace(NAMESPACE).withName(name + "-0").withGracePeriod(0).delete();
    await()
        .untilAsserted(
            () ->
                assertThat(events("Node", node))
                    .anyMatch(event -> event.startsWith("FailoverUnfenced")));
    assertThat(events("PersistentVolumeClaim", "data-" + name + "-0"))
        .anyMatch(event -> event.startsWith("FailoverUnfenced"));
    assertThat(service.management("/q/metrics").body()).contains("gone-unfenced");
    cluster.resurrect(node);
    await().until(() -> !annotations().containsKey("rwop-guard.io/failover-in-progress"));
  }

  @Test
  void a_node_that_was_shutting_down_may_come_back() throws Exception {
    database(SimulatedNodes.DRIVER);
    cluster.shutDown(node);
    assertLeftAlone("rebooting");
  }

  @Test
  void a_node_whose_object_is_gone_is_left_to_kubernetes() throws Exception {
    database(SimulatedNodes.DRIVER);
    String uid = pod().getMetadata().getUid();
    cluster.deleteNode(node);
    Thread.sleep(A_WHILE.toMillis());
    assertThat(pod().getMetadata().getUid()).isEqualTo(uid);
    assertThat(pod().getMetadata().getDeletionTimestamp()).isNull();
    assertThat(report().path("suspects").toString()).doesNotContain(node + "\"");
    cluster.node(node);
  }

  @Test
  void while_it_is_paused_nothing_is_done() throws Exception {
    database(SimulatedNodes.DRIVER);
    pause(true);
    await().until(() -> report().path("paused").asBoolean());
    try {
      cluster.die(node);
      assertLeftAlone("failover is paused");
      assertThat(service.management("/q/metrics").body())
          .contains("rwop_guard_failover_paused 1.0");
    } finally {
      pause(false);
    }
    await().until(() -> pod() == null);
  }

  @Test
  void a_vouch_replaces_the_second_sign() throws Exception {
    database(SimulatedNodes.DRIVER);
    awaitHolder(pod().getMetadata().getUid());
    CommandLineResult alive = byHand(node + "\n");
    assertThat(alive.exitCode()).isEqualTo(1);
    assertThat(alive.output()).contains("refused: node " + node, "(alive)");

    cluster.die(node);
    cluster.ready(node, "True");
    await().until(() -> report().toString().contains("no-second-signal"));
    assertThat(byHand("another node\n").output()).contains("Nothing was done.");
    assertThat(pod()).isNotNull();

    var done = CompletableFuture.supplyAsync(() -> byHand(node + "\n"));
    await().until(() -> pod() == null);
    await().until(() -> nodeObject().getStatus().getVolumesInUse().isEmpty());
    client.storage().v1().volumeAttachments().withName(attachment()).delete();
    cluster.pod(name, NAMESPACE + "-spare-1");
    CommandLineResult result = done.get(60, TimeUnit.SECONDS);
    assertThat(result.output()).contains("used by Pod " + name + "-0 on node " + node, "done");
    assertThat(result.exitCode()).isZero();
  }

  /** Code 2 would say that nothing was done. */
  @Test
  void a_request_of_which_nothing_more_can_be_read_is_not_complete() throws Exception {
    database(SimulatedNodes.DRIVER);
    try (KillingProxy proxy = new KillingProxy(client)) {
      proxy.killAt(KillingProxy.When.FAILED_AFTER, 2);
      CommandLineResult result =
          proxy.run(
              "failover",
              NAMESPACE + "/data-" + name + "-0",
              "--node-is-down",
              "--yes",
              "--controller-namespace",
              "default");
      assertThat(proxy.writes())
          .hasSize(2)
          .last()
          .isEqualTo("POST /api/v1/namespaces/default/configmaps");
      assertThat(result.output())
          .contains("the request is submitted, and the failover may proceed");
      assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    }
  }

  @Test
  void a_vouch_counts_for_the_node_on_which_a_pod_that_is_gone_left_its_volume() throws Exception {
    database(SimulatedNodes.DRIVER);
    cluster.die(node);
    cluster.ready(node, "True");
    client.pods().inNamespace(NAMESPACE).withName(name + "-0").withGracePeriod(0).delete();
    String other = NAMESPACE + "-spare-1";
    cluster.waitingPod(name, other);
    await().untilAsserted(() -> assertThat(report().toString()).contains(node, "no-second-signal"));

    var done = CompletableFuture.supplyAsync(() -> byHand(node + "\n"));
    await().until(() -> done.isDone() || nodeObject().getStatus().getVolumesInUse().isEmpty());
    assertThat(done.isDone()).as(() -> done.join().output()).isFalse();
    client.storage().v1().volumeAttachments().withName(attachment()).delete();
    cluster.run(name);
    CommandLineResult result = done.get(60, TimeUnit.SECONDS);
    assertThat(result.output())
        .contains("attached to node " + node, "Pod " + name + "-0 waits for it", "done")
        .doesNotContain(other);
    assertThat(result.exitCode()).isZero();
  }

  private CommandLineResult byHand(String input) {
    return CommandLineResult.of(
        ApiServer.running().kubeconfig(),
        input,
        "failover",
        NAMESPACE + "/data-" + name + "-0",
        "--node-is-down",
        "--controller-namespace",
        "default");
  }

  private void pause(boolean paused) {
    await()
        .ignoreExceptions()
        .until(
            () -> {
              client
                  .leases()
                  .inNamespace("default")
                  .withName("rwop-guard-failover")
                  .edit(
                      lease -> {
                        lease
                            .getMetadata()
                            .setAnnotations(
                                paused ? Map.of("rwop-guard.io/paused", "test") : Map.of());
                        return lease;
                      });
              return true;
            });
  }

  @Test
  void the_next_leader_resumes_it() throws Exception {
    database(SimulatedNodes.DRIVER);
    cluster.die(node);
    await().until(() -> pod() == null);
    service.kill();
    service = serve();
    // whether before or after: it is released by one of both
    await().until(() -> nodeObject().getStatus().getVolumesInUse().isEmpty());
    client.storage().v1().volumeAttachments().withName(attachment()).delete();
    cluster.pod(name, NAMESPACE + "-spare-1");
    await().until(() -> annotations().containsKey("rwop-guard.io/last-failover"));
    await().until(() -> report().path("leader").asBoolean());
    Thread.sleep(12_000);
  }
}
