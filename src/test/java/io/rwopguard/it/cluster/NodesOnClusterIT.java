package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** That the cluster's nodes can be cut off, killed and healed: other tests rest on it. */
@Tag("cluster")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NodesOnClusterIT {

  private static final String NAMESPACE = "nodes";
  private static final String NODE = "node-3";

  /** Longer than the ten seconds in which a kubelet renews its node's lease. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private static RealCluster cluster;

  @BeforeAll
  static void start() {
    cluster = RealCluster.running();
    cluster.createNamespace(NAMESPACE, false);
    cluster.create(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: writer, namespace: nodes}
        spec:
          nodeSelector: {kubernetes.io/hostname: node-3}
          containers:
            - name: writer
              image: rwop-guard.io/busybox:1
              command: [sh, -c, "echo started >> /data/log; trap exit TERM; while true; do sleep 1; done"]
              volumeMounts: [{name: data, mountPath: /data}]
          volumes:
            - name: data
              ephemeral:
                volumeClaimTemplate:
                  spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
        """);
    RealCluster.await().until(() -> writer().getStatus().getPhase().equals("Running"));
  }

  @AfterEach
  void heal() {
    cluster.node("heal", NODE);
  }

  @AfterAll
  static void tidy() {
    if (cluster != null) {
      cluster.kubectl("", "delete namespace " + NAMESPACE);
    }
  }

  @Test
  void a_node_that_is_cut_off_is_not_heard_of_while_its_containers_run_on() {
    int restarts = restarts();
    cluster.node("cut", NODE);
    assertSilent();
    cluster.node("heal", NODE);
    awaitHeardOf();
    assertThat(restarts()).isEqualTo(restarts);
  }

  @Test
  void a_node_that_is_killed_boots_with_its_disk_and_starts_its_pods_again() {
    int restarts = restarts();
    cluster.node("kill", NODE);
    assertSilent();
    cluster.node("heal", NODE);
    awaitHeardOf();
    RealCluster.await().until(() -> restarts() > restarts);
    // the volume is the same
    RealCluster.await()
        .untilAsserted(
            () ->
                assertThat(cluster.kubectl("", "exec writer -n nodes -- cat /data/log").succeeded())
                    .isEqualTo("started\nstarted\n"));
  }

  private static void assertSilent() {
    RealCluster.pause(Duration.ofSeconds(1));
    ZonedDateTime last = lastHeardOf();
    RealCluster.pause(SILENCE);
    assertThat(lastHeardOf()).isEqualTo(last);
  }

  private static void awaitHeardOf() {
    ZonedDateTime last = lastHeardOf();
    RealCluster.await().until(() -> lastHeardOf().isAfter(last));
  }

  private static ZonedDateTime lastHeardOf() {
    return cluster
        .client()
        .leases()
        .inNamespace("kube-node-lease")
        .withName(NODE)
        .get()
        .getSpec()
        .getRenewTime();
  }

  private static int restarts() {
    return writer().getStatus().getContainerStatuses().get(0).getRestartCount();
  }

  private static Pod writer() {
    return cluster.client().pods().inNamespace(NAMESPACE).withName("writer").get();
  }
}
