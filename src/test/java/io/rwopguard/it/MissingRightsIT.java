package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.SelfManagedInstallation;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.process.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Failover controllers that lack some of the rights that the chart grants, beside a real API
 * server.
 */
@Sampled(methods = 1)
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MissingRightsIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String OWN = "missing-rights";
  private static final String LEASE = "rwop-guard-failover";

  /** The rights of the chart for two namespaces, in one of which the Role is missing. */
  private static final String RIGHTS =
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: %1$s, namespace: missing-rights}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: missing-rights-%1$s}
      rules:
        - {apiGroups: [""], resources: [nodes], verbs: [get, list, watch, patch]}
        - {apiGroups: [""], resources: [nodes/status], verbs: [patch]}
        - {apiGroups: [""], resources: [persistentvolumes], verbs: [get, list, watch]}
        - {apiGroups: [storage.k8s.io], resources: [storageclasses%2$s], verbs: [list, watch]}
        - {apiGroups: [storage.k8s.io], resources: [volumeattachments], verbs: [get]}
        - apiGroups: [""]
          resources: [namespaces]
          resourceNames: [missing-rights-a, missing-rights-b%3$s]
          verbs: [get, list, watch]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: missing-rights-%1$s}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: missing-rights-%1$s}
      subjects: [{kind: ServiceAccount, name: %1$s, namespace: missing-rights}]
      """;

  private static final String ROLE =
      """
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: %1$s, namespace: %2$s}
      rules:
        - {apiGroups: [""], resources: [pods], verbs: [get, list, watch, delete]}
        - {apiGroups: [""], resources: [persistentvolumeclaims], verbs: [get, list, watch]}
        - {apiGroups: [""], resources: [events], verbs: [create]}
        - {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch, create, update, delete]}
        - {apiGroups: [apps], resources: [statefulsets], verbs: [get]}
        - {apiGroups: [apps], resources: [statefulsets/status], verbs: [patch]}
        - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, list, watch, create, patch]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: %1$s, namespace: %2$s}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %1$s}
      subjects: [{kind: ServiceAccount, name: %1$s, namespace: missing-rights}]
      """;

  private ApiServer api;
  private KubernetesClient client;

  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  void prepare() {
    api = ApiServer.running();
    client = api.client();
    namespace(OWN);
  }

  private void namespace(String name) {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .forceConflicts()
        .serverSideApply();
  }

  @AfterEach
  void remove() throws Exception {
    while (!open.isEmpty()) {
      open.remove(open.size() - 1).close();
    }
    client.leases().inNamespace(OWN).delete();
    client.configMaps().inNamespace(OWN).withLabel("rwop-guard.io/record").delete();
  }

  private void apply(String manifest) throws Exception {
    ApiServer.KubectlResult result = api.kubectl(manifest, "apply", "-f", "-");
    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  /** Starts a replica whose account has the rights in these namespaces alone. */
  private ServiceProcess replica(String account, String drivers, String cluster, String... in)
      throws Exception {
    StringBuilder manifest = new StringBuilder(RIGHTS.formatted(account, drivers, cluster));
    for (String namespace : in) {
      manifest.append(ROLE.formatted(account, namespace));
    }
    apply(manifest.toString());
    Path kubeconfig = SelfManagedInstallation.kubeconfig(api, OWN, account);
    ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.run=failover",
            "rwop-guard.kubeconfig=" + kubeconfig,
            "rwop-guard.namespace=" + OWN,
            "rwop-guard.failover.mode=enforce",
            "rwop-guard.failover.release=volume",
            "rwop-guard.failover.scan-interval=1s",
            "rwop-guard.failover.namespaces=missing-rights-a,missing-rights-b",
            "rwop-guard.failover.drivers.\"%s\".revokes-on-unpublish=true"
                .formatted(SimulatedNodes.DRIVER));
    open.add(service);
    return service;
  }

  private static JsonNode report(ServiceProcess service) throws Exception {
    return JSON.readTree(service.management("/failover").body());
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions();
  }

  private SimulatedNodes nodes(String namespace) {
    SimulatedNodes cluster = new SimulatedNodes(client, namespace, 6);
    open.add(
        () -> {
          cluster.close();
          client.nodes().list().getItems().stream()
              .map(node -> node.getMetadata().getName())
              .filter(node -> node.startsWith(namespace))
              .forEach(cluster::deleteNode);
        });
    return cluster;
  }

  @Test
  void a_namespace_that_may_not_be_read_does_not_keep_failover_from_the_others() throws Exception {
    namespace("missing-rights-b");
    SimulatedNodes cluster = nodes("missing-rights-a");
    cluster.node("missing-rights-a-node");
    cluster.database("db", "missing-rights-a-node", SimulatedNodes.DRIVER);
    ServiceProcess service =
        replica(
            "partly", ", csidrivers", ", kube-system", OWN, "missing-rights-a", "kube-node-lease");
    await().until(() -> report(service).path("leader").asBoolean());
    // a new leader distrusts the API server first
    Thread.sleep(12_000);
    cluster.die("missing-rights-a-node");
    await()
        .until(() -> client.pods().inNamespace("missing-rights-a").withName("db-0").get() == null);

    String problem = report(service).path("unreadableNamespaces").path("missing-rights-b").asText();
    assertThat(problem).contains("forbidden", "Role rwop-guard-failover-claims");
    assertThat(report(service).path("unreadableNamespaces").size()).isOne();
    assertThat(service.log()).contains("missing-rights-b", "Role rwop-guard-failover-claims");
    assertThat(service.management("/q/metrics").body())
        .contains("rwop_guard_failover_unreadable_namespaces 1.0");
    await()
        .until(
            () ->
                client.v1().events().inNamespace(OWN).list().getItems().stream()
                    .anyMatch(event -> event.getReason().equals("NamespaceUnreadable")));

    apply(ROLE.formatted("partly", "missing-rights-b"));
    await().until(() -> report(service).path("unreadableNamespaces").isEmpty());
  }

  @Test
  void a_replica_that_cannot_read_everything_leaves_the_election_to_others() throws Exception {
    namespace("missing-rights-a");
    namespace("missing-rights-b");
    String[] everywhere = {OWN, "missing-rights-a", "missing-rights-b", "kube-node-lease"};
    ServiceProcess blind = replica("blind", "", ", kube-system", everywhere);
    // a replica that leads would have taken the Lease by now
    Thread.sleep(12_000);
    assertThat(report(blind).path("leader").asBoolean()).isFalse();
    assertThat(report(blind).path("standsForElection").asBoolean(true)).isFalse();
    assertThat(report(blind).path("whyNotStanding").asText()).contains("csidrivers");
    assertThat(blind.management("/q/health/ready").body()).contains("csidrivers");
    assertThat(blind.health("ready")).isEqualTo(503);
    assertThat(blind.health("live")).isEqualTo(200);

    ServiceProcess able = replica("able", ", csidrivers", ", kube-system", everywhere);
    await().until(() -> report(able).path("leader").asBoolean());
    api.kubectl("", "annotate", "lease", "-n", OWN, LEASE, "rwop-guard.io/paused=test");
    await().until(() -> report(blind).path("paused").asBoolean());
    assertThat(report(blind).path("leadBy").asText())
        .isEqualTo(report(able).path("leadBy").asText())
        .isNotEmpty();
  }

  @Test
  void a_leader_whose_take_over_keeps_failing_lets_another_replica_lead() throws Exception {
    namespace("missing-rights-a");
    namespace("missing-rights-b");
    String[] everywhere = {OWN, "missing-rights-a", "missing-rights-b", "kube-node-lease"};
    // the take-over reads the identity of the cluster
    ServiceProcess failing = replica("failing", ", csidrivers", "", everywhere);
    await().until(() -> report(failing).path("leader").asBoolean());
    ServiceProcess able = replica("able", ", csidrivers", ", kube-system", everywhere);
    await().until(() -> report(able).path("leader").asBoolean());
    assertThat(report(failing).path("whyNotStanding").asText()).contains("taking over");
    assertThat(failing.management("/q/health/ready").body()).contains("taking over");
    assertThat(failing.health("live")).isEqualTo(200);
    Thread.sleep(10_000);
    assertThat(report(able).path("leader").asBoolean()).isTrue();
  }
}
