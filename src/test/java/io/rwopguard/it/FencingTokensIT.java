package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The fencing tokens of claims on a real API server, with two services that race. */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FencingTokensIT {

  private static final String NAMESPACE = "tokens";
  private static final JsonMapper JSON = new JsonMapper();
  private final List<ServiceProcess> services = new ArrayList<>();

  private KubernetesClient client;
  private SimulatedNodes cluster;
  private int number;

  private String name;

  @BeforeAll
  void start() throws Exception {
    client = ApiServer.running().client();
    cluster = new SimulatedNodes(client, NAMESPACE, 2);
    // two elections, so that both lead: the worst that a fault of the election could do
    for (String election : List.of("tokens-one", "tokens-two")) {
      services.add(serve(election));
    }
  }

  private static ServiceProcess serve(String election) throws IOException {
    return new ServiceProcess(
        "rwop-guard.kubeconfig=" + ApiServer.running().kubeconfig(),
        "rwop-guard.namespace=default",
        "rwop-guard.failover.mode=enforce",
        "rwop-guard.failover.lease=" + election,
        "rwop-guard.failover.scan-interval=1s",
        "rwop-guard.failover.drivers.\"%s\".revokes-on-unpublish=true"
            .formatted(SimulatedNodes.DRIVER));
  }

  @AfterAll
  void stop() {
    services.forEach(ServiceProcess::close);
    if (cluster != null) {
      cluster.close();
      client.namespaces().withName(NAMESPACE).delete();
      client.nodes().list().getItems().stream()
          .map(each -> each.getMetadata().getName())
          .filter(each -> each.startsWith(NAMESPACE))
          .forEach(cluster::deleteNode);
    }
  }

  @BeforeEach
  void database() {
    name = "db-" + ++number;
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(100))
        .pollInSameThread();
  }

  private void make() {
    cluster.database(name, NAMESPACE + "-spare-0", SimulatedNodes.DRIVER);
  }

  private void removePod() {
    client.pods().inNamespace(NAMESPACE).withName(name + "-0").withGracePeriod(0).delete();
    await().until(() -> client.pods().inNamespace(NAMESPACE).withName(name + "-0").get() == null);
  }

  private Lease lease() {
    return client.leases().inNamespace(NAMESPACE).withName("rwop-guard-data-" + name + "-0").get();
  }

  /** Waits until the Lease shows the Pod that runs now, and returns its token. */
  private int token() {
    String uid =
        client.pods().inNamespace(NAMESPACE).withName(name + "-0").get().getMetadata().getUid();
    await()
        .until(
            () ->
                lease() != null
                    && (name + "-0/" + uid).equals(lease().getSpec().getHolderIdentity()));
    return lease().getSpec().getLeaseTransitions();
  }

  @Test
  void the_token_grows_with_each_pod() throws Exception {
    make();
    int last = token();
    for (int i = 0; i < 3; i++) {
      removePod();
      cluster.pod(name, NAMESPACE + "-spare-1");
      int next = token();
      assertThat(next).isGreaterThan(last);
      last = next;
    }
    assertThat(lease().getSpec().getRenewTime()).isNull();
    assertThat(inLedger()).isEqualTo(last);
  }

  private int inLedger() throws Exception {
    for (ConfigMap shard :
        client
            .configMaps()
            .inNamespace("default")
            .withLabel("rwop-guard.io/record", "tokens")
            .list()
            .getItems()) {
      for (Map.Entry<String, String> each : shard.getData().entrySet()) {
        if (each.getValue().contains(NAMESPACE + "/data-" + name + "-0\"")) {
          return JSON.readTree(each.getValue()).path("token").asInt();
        }
      }
    }
    return 0;
  }

  @Test
  void the_token_grows_over_a_recreated_claim_and_a_migrated_volume() {
    make();
    int before = token();
    removePod();
    String claim = "data-" + name + "-0";
    client.persistentVolumeClaims().inNamespace(NAMESPACE).withName(claim).delete();
    // no controller removes the finalizer or the Lease of a claim that is gone
    client
        .persistentVolumeClaims()
        .inNamespace(NAMESPACE)
        .withName(claim)
        .edit(
            object -> {
              object.getMetadata().setFinalizers(List.of());
              return object;
            });
    client.leases().inNamespace(NAMESPACE).withName(lease().getMetadata().getName()).delete();
    String volume = NAMESPACE + "-" + name;
    client
        .persistentVolumes()
        .withName(volume)
        .edit(
            object -> {
              object.getMetadata().setFinalizers(List.of());
              return object;
            });
    client.persistentVolumes().withName(volume).delete();
    await().until(() -> client.persistentVolumes().withName(volume).get() == null);
    cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %1$s-%2$s-moved}
        spec:
          accessModes: [ReadWriteOncePod]
          capacity: {storage: 1Gi}
          claimRef: {namespace: %1$s, name: data-%2$s-0}
          csi: {driver: %3$s, volumeHandle: handle-%2$s}
        """
            .formatted(NAMESPACE, name, SimulatedNodes.DRIVER));
    cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data-%2$s-0, namespace: %1$s}
        spec:
          accessModes: [ReadWriteOncePod]
          volumeName: %1$s-%2$s-moved
          storageClassName: ""
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(NAMESPACE, name));
    cluster.pod(name, NAMESPACE + "-spare-1");
    assertThat(token()).isGreaterThan(before);
  }

  @Test
  void restores_what_a_tenant_changes() {
    make();
    int token = token();
    client
        .leases()
        .inNamespace(NAMESPACE)
        .withName(lease().getMetadata().getName())
        .edit(
            lease ->
                new LeaseBuilder(lease)
                    .editSpec()
                    .withHolderIdentity("forged")
                    .withLeaseTransitions(Integer.MAX_VALUE)
                    .withLeaseDurationSeconds(5)
                    .endSpec()
                    .build());
    assertThat(token()).isEqualTo(token);
    await().until(() -> lease().getSpec().getLeaseDurationSeconds() == null);
    removePod();
    cluster.pod(name, NAMESPACE + "-spare-1");
    assertThat(token()).isGreaterThan(token).isLessThan(Integer.MAX_VALUE);
  }

  @Test
  void a_lease_of_another_owner_is_left_alone() throws Exception {
    String own = "rwop-guard-data-" + name + "-0";
    cluster.apply(
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: %s, namespace: %s}
        spec: {holderIdentity: tenant}
        """
            .formatted(own, NAMESPACE));
    make();
    await()
        .until(
            () -> {
              for (ServiceProcess service : services) {
                if (!service.log().contains("Lease " + own + " has another owner")) {
                  return false;
                }
              }
              return true;
            });
    assertThat(lease().getSpec().getHolderIdentity()).isEqualTo("tenant");
    assertThat(lease().getSpec().getLeaseTransitions()).isNull();
    assertThat(inLedger()).isPositive();
  }

  @Test
  void two_leaders_agree() throws Exception {
    make();
    int last = token();
    for (int i = 0; i < 5; i++) {
      removePod();
      cluster.pod(name, NAMESPACE + "-spare-" + i % 2);
    }
    // the Lease is a copy, written after the ledger
    await().until(() -> token() > last && token() == inLedger());
    int token = token();
    Thread.sleep(12_000);
    assertThat(token()).isEqualTo(token).isEqualTo(inLedger());
  }
}
