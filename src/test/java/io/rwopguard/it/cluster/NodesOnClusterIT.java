package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks that the cluster's nodes can be cut off, killed and healed, and so on: other tests rest on
 * it.
 */
@OnRealCluster
@Sampled(classes = 2, turn = 0)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodesOnClusterIT {

  private static final String NAMESPACE = "nodes";
  private static final String NODE = "node-3";

  /** Longer than the ten seconds in which a kubelet renews its node's lease. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  /** Address of its kubelet, as this machine reaches it. */
  private static final InetSocketAddress KUBELET = new InetSocketAddress("10.213.0.103", 10250);

  private RealCluster cluster;

  @BeforeAll
  void start() {
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
              image: registry.invalid/busybox:1
              command: [sh, -c, "echo started >> /data/log; httpd -p 8080 -h /data; trap exit TERM; while true; do sleep 1; done"]
              volumeMounts: [{name: data, mountPath: /data}]
          volumes:
            - name: data
              ephemeral:
                volumeClaimTemplate:
                  spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: neighbour, namespace: nodes}
        spec:
          terminationGracePeriodSeconds: 1
          nodeSelector: {kubernetes.io/hostname: node-1}
          containers: [{name: sleep, image: "registry.invalid/busybox:1", command: [sleep, "3600"]}]
        """);
    for (String pod : List.of("writer", "neighbour")) {
      RealCluster.await().until(() -> pod(pod).getStatus().getPhase().equals("Running"));
    }
  }

  @AfterEach
  void heal() {
    cluster.node("heal", NODE);
  }

  @AfterAll
  void tidy() {
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
    assertThatThrownBy(NodesOnClusterIT::connectToKubelet)
        .isInstanceOfAny(SocketTimeoutException.class, NoRouteToHostException.class);
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

  @Test
  void a_node_that_is_deaf_is_not_heard_of_by_the_api_server_alone() {
    int restarts = restarts();
    cluster.node("deaf", NODE);
    assertSilent();
    neighbour("nc -w 2 %s %d".formatted(KUBELET.getHostString(), KUBELET.getPort()));
    assertThat(neighbour("wget -q -O - " + log())).startsWith("started");
    assertThatThrownBy(NodesOnClusterIT::connectToKubelet)
        .isInstanceOf(SocketTimeoutException.class);
    cluster.node("heal", NODE);
    awaitHeardOf();
    assertThat(restarts()).isEqualTo(restarts);
  }

  @Test
  void the_containers_of_a_stopped_kubelet_run_on() {
    int restarts = restarts();
    cluster.node("part", "stop", NODE, "kubelet");
    assertSilent();
    // the node says so
    assertThatThrownBy(NodesOnClusterIT::connectToKubelet)
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("refused");
    assertThat(neighbour("wget -q -O - " + log())).startsWith("started");
    cluster.node("part", "start", NODE, "kubelet");
    awaitHeardOf();
    assertThat(restarts()).isEqualTo(restarts);
  }

  private String neighbour(String command) {
    return cluster.kubectl("", "exec neighbour -n nodes -- " + command).succeeded();
  }

  private String log() {
    return "http://%s:8080/log".formatted(writer().getStatus().getPodIP());
  }

  private static void connectToKubelet() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(KUBELET, 500);
    }
  }

  private void assertSilent() {
    RealCluster.pause(Duration.ofSeconds(1));
    ZonedDateTime last = lastHeardOf();
    RealCluster.pause(SILENCE);
    assertThat(lastHeardOf()).isEqualTo(last);
  }

  private void awaitHeardOf() {
    ZonedDateTime last = lastHeardOf();
    RealCluster.await().until(() -> lastHeardOf().isAfter(last));
  }

  private ZonedDateTime lastHeardOf() {
    return cluster
        .client()
        .leases()
        .inNamespace("kube-node-lease")
        .withName(NODE)
        .get()
        .getSpec()
        .getRenewTime();
  }

  private int restarts() {
    return writer().getStatus().getContainerStatuses().get(0).getRestartCount();
  }

  private Pod writer() {
    return pod("writer");
  }

  private Pod pod(String name) {
    return cluster.client().pods().inNamespace(NAMESPACE).withName(name).get();
  }
}
