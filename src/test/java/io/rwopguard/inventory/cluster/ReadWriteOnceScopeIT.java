package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.manifests.Manifests;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Rules about ReadWriteOnce claims, as a real API server tells of nodes and Pods. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReadWriteOnceScopeIT {

  private static final String NAMESPACE = "once";
  private static final List<String> NODES = List.of("once-lonely", "once-a", "once-b");

  private KubernetesClient client;

  @BeforeAll
  void objects() {
    client = ApiServer.running().client();
    create(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: once, labels: {rwop-guard.io/scope: ReadWriteOnce}}
        """);
    create(
        """
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: once.csi}
        spec: {attachRequired: true}
        """);
    create(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: once}
        provisioner: once.csi
        """);
    create(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: no-driver}
        provisioner: no.driver.example.org
        """);
    claim("data", "once");
    claim("strange", "no-driver");
    for (String node : NODES) {
      client
          .resource(
              new NodeBuilder()
                  .withNewMetadata()
                  .withName(node)
                  .addToLabels("once", node.replaceAll("-[ab]$", ""))
                  .endMetadata()
                  .build())
          .create();
    }
  }

  @AfterAll
  void remove() {
    NODES.forEach(node -> client.nodes().withName(node).delete());
  }

  private void create(String manifest) {
    client.resource(manifest).create();
  }

  private void claim(String name, String storageClass) {
    create(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s, namespace: once}
        spec:
          accessModes: [ReadWriteOnce]
          storageClassName: %s
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(name, storageClass));
  }

  private static ObjectNode web(String claim, String more) {
    return Manifests.parse(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: once}
        spec:
          replicas: 1
          strategy: {type: Recreate}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: web, image: web}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
              %s
        """
            .formatted(claim, more));
  }

  private void pod(String name, String owner, String node) {
    create(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          namespace: once
          ownerReferences: [%s]
        spec:
          nodeName: %s
          containers: [{name: c, image: c}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """
            .formatted(name, owner, node));
  }

  private static List<Finding> findings(Inventory inventory, ObjectNode json) throws Exception {
    ObjectFacts object = Manifests.facts(json);
    RuleSet rules = RuleSet.WITH_DEFAULTS;
    Inventory learnt =
        inventory
            .learn(rules.questions(object, Optional.empty(), inventory))
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    return rules.findings(object, Optional.empty(), learnt);
  }

  private static List<Finding> findings(
      Inventory inventory, String claim, int replicas, String more) throws Exception {
    ObjectNode json = web(claim, more);
    json.withObject("/spec").put("replicas", replicas);
    return findings(inventory, json);
  }

  @Test
  void nodes_and_drivers_decide_whether_pods_can_be_apart() throws Exception {
    // shared with other tests, whose nodes may be many
    NodeList all = client.nodes().list();
    assertThat(all.getItems()).hasSizeLessThan(Nodes.MOST);
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(20))) {
      inventory.start();
      Awaitility.await().until(inventory::hasSynced);

      assertThat(findings(inventory, "data", 3, ""))
          .extracting(Finding::rule)
          .containsExactly("single-consumer");
      assertThat(findings(inventory, "data", 3, "nodeSelector: {once: once}"))
          .extracting(Finding::rule)
          .containsExactly("single-consumer");
      assertThat(findings(inventory, "data", 3, "nodeSelector: {once: once-lonely}")).isEmpty();
      assertThat(findings(inventory, "strange", 3, "")).isEmpty();
    }
  }

  @Test
  void pods_on_one_node_get_along() throws Exception {
    String owner =
        "{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: 4f1d, controller: true}";
    pod("web-1-x", owner, "once-a");
    pod("beside", "", "once-a");
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(20))) {
      inventory.start();
      ClaimKey claim = new ClaimKey(NAMESPACE, "data");
      Awaitility.await().until(() -> inventory.hasSynced() && inventory.usersOf(claim).size() == 2);

      assertThat(findings(inventory, "data", 1, "")).isEmpty();

      pod("elsewhere", "", "once-b");
      Awaitility.await().until(() -> inventory.usersOf(claim).size() == 3);
      assertThat(findings(inventory, "data", 1, ""))
          .extracting(Finding::rule)
          .containsExactly("claim-in-use");
      assertThat(findings(inventory, "data", 1, "").get(0).message())
          .contains("Pod beside, Pod elsewhere");
    } finally {
      List.of("web-1-x", "beside", "elsewhere")
          .forEach(
              name ->
                  client.pods().inNamespace(NAMESPACE).withName(name).withGracePeriod(0).delete());
    }
  }
}
