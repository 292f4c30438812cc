package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rwopguard.cluster.Problems;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Probes of nodes, one of which names an endpoint that no connection can be made to. */
class ProberTest {

  private final Vertx vertx = Vertx.vertx();
  private final Problems problems = new Problems(getClass(), "docs/failover.md");

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void an_endpoint_that_cannot_be_probed_keeps_no_other_from_being_probed() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket kubelet = new ServerSocket(0, 50, loopback);
        Prober prober =
            new Prober(
                vertx,
                new ProbeSchedule(new Reachability(), new Heartbeats(), 100),
                problems,
                new Endpoint(loopback.getHostAddress(), kubelet.getLocalPort()))) {
      Map<String, Set<Endpoint>> nodes = new HashMap<>();
      Endpoint alive = new Endpoint(loopback.getHostAddress(), kubelet.getLocalPort());
      for (int i = 0; i < 20; i++) {
        nodes.put("alive-" + i, Set.of(alive));
        nodes.put("broken-" + i, Set.of(new Endpoint(loopback.getHostAddress(), 70_000 + i)));
      }
      prober.targets(nodes);
      long since = System.nanoTime();
      prober.start();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () ->
                  nodes.keySet().stream()
                      .filter(node -> node.startsWith("alive"))
                      .allMatch(node -> prober.round(node, since) == Round.REACHED));
      assertThat(problems.with("probe of node broken-3 at 127.0.0.1:70003").orElse(""))
          .contains("70003", "port");
      // what could not be probed says nothing
      assertThat(prober.round("broken-3", since)).isEqualTo(Round.NOT_YET);
    }
  }
}
