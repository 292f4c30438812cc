package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.manual.ManualFailoverClient;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.network.StallingProxy;
import io.rwopguard.testing.process.ServiceProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All connections of the leader hang at once, and their peer still acknowledges, so that no
 * keepalive and no timeout of the kernel ends them.
 */
@OnSecondApiServer
class HangingWatchesIT {

  private static final String NAMESPACE = "hanging-watches";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final KubernetesClient client = ApiServer.running().client();
  private final SimulatedNodes cluster =
      new SimulatedNodes(client, NAMESPACE, 3, SimulatedNodes.USUAL_LEASE);

  @TempDir private Path directory;

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }

  @AfterEach
  void close() {
    cluster.close();
    cluster.removeObjects();
  }

  private static ServiceProcess serve(Path kubeconfig) throws Exception {
    String failover = "rwop-guard.failover.";
    return new ServiceProcess(
        "rwop-guard.run=failover",
        "rwop-guard.kubeconfig=" + kubeconfig,
        "rwop-guard.namespace=" + NAMESPACE,
        failover + "mode=enforce",
        failover + "release=volume",
        failover + "scan-interval=1s",
        // no limit is to hide that all nodes were taken for dead
        failover + "limits.suspect-percent=100",
        failover + "limits.suspect-percent-of-zone=100",
        failover + "drivers.\"%s\".revokes-on-unpublish=true".formatted(SimulatedNodes.DRIVER));
  }

  private Pod pod(String name) {
    return client.pods().inNamespace(NAMESPACE).withName(name + "-0").get();
  }

  private boolean isHolder(String name) {
    Lease lease =
        client.leases().inNamespace(NAMESPACE).withName("rwop-guard-data-" + name + "-0").get();
    return lease
        .getSpec()
        .getHolderIdentity()
        .equals(name + "-0/" + pod(name).getMetadata().getUid());
  }

  @Test
  void a_leader_whose_connections_hang_watches_again_within_30_s_and_fails_nothing_over()
      throws Exception {
    String node = NAMESPACE + "-node";
    cluster.node(node);
    cluster.database("before", node, SimulatedNodes.DRIVER);
    String uid = pod("before").getMetadata().getUid();
    // silence would be its second sign
    cluster.ready(node, "Unknown");
    String text = Files.readString(ApiServer.running().kubeconfig());
    URI server = URI.create(Config.fromKubeconfig(text).getMasterUrl());
    try (StallingProxy proxy = new StallingProxy(server)) {
      Path kubeconfig =
          Files.writeString(
              directory.resolve("kubeconfig"),
              text.replace(":" + server.getPort(), ":" + proxy.port()));
      try (ServiceProcess service = serve(kubeconfig)) {
        await().until(() -> isHolder("before"));

        long stalled = System.nanoTime();
        assertThat(proxy.stall()).isPositive();
        cluster.database("after", NAMESPACE + "-spare-0", SimulatedNodes.DRIVER);
        ManualFailoverClient request =
            new ManualFailoverClient(client, new ClaimKey(NAMESPACE, "data-before-0"), NAMESPACE);
        assertThat(request.look()).isEmpty();
        request.submit();

        // only watches tell the leader of a request and of a Pod
        await().until(() -> request.answer().isPresent());
        Duration requests = Duration.ofNanos(System.nanoTime() - stalled);
        await().until(() -> isHolder("after"));
        Duration pods = Duration.ofNanos(System.nanoTime() - stalled);
        System.out.printf("[hanging] watches again after: requests %s, Pods %s%n", requests, pods);
        assertThat(request.answer().orElseThrow().text()).contains("renewed its Lease");
        assertThat(pod("before").getMetadata().getUid()).isEqualTo(uid);
        assertThat(pod("before").getMetadata().getDeletionTimestamp()).isNull();
        assertThat(new JsonMapper().readTree(service.management("/failover").body()).toString())
            .doesNotContain("\"takenForDead\":true");
        assertThat(requests).isLessThan(LIMIT);
        assertThat(pods).isLessThan(LIMIT);
      }
    }
  }
}
