package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rwopguard.cluster.Problems;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
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

  @Test
  void an_error_keeps_neither_an_endpoint_nor_others_from_being_probed_later() throws Exception {
    Map<Integer, AtomicInteger> attempts = new ConcurrentHashMap<>();
    assertIsProbedLater(
        port -> {
          if (count(attempts, port) == 1) {
            throw new NoClassDefFoundError("cut");
          }
          return null;
        });
  }

  @Test
  void a_connection_that_never_ends_keeps_no_endpoint_from_being_probed_later() throws Exception {
    Map<Integer, AtomicInteger> attempts = new ConcurrentHashMap<>();
    assertIsProbedLater(port -> count(attempts, port) == 1 ? Future.future(promise -> {}) : null);
  }

  private static int count(Map<Integer, AtomicInteger> attempts, int port) {
    return attempts.computeIfAbsent(port, key -> new AtomicInteger()).incrementAndGet();
  }

  /**
   * Probes two nodes.
   *
   * @param instead returns what to return instead of connecting to a port, or null
   */
  private void assertIsProbedLater(Function<Integer, Future<?>> instead) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    NetClient real = Prober.client(vertx);
    NetClient client =
        (NetClient)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {NetClient.class},
                (proxy, method, args) -> {
                  Future<?> other =
                      method.getName().equals("connect") ? instead.apply((Integer) args[0]) : null;
                  try {
                    return other == null ? method.invoke(real, args) : other;
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    try (ServerSocket one = new ServerSocket(0, 50, loopback);
        ServerSocket other = new ServerSocket(0, 50, loopback);
        Prober prober =
            new Prober(
                client,
                new ProbeSchedule(new Reachability(), new Heartbeats(), 100),
                problems,
                new Endpoint(loopback.getHostAddress(), 1))) {
      prober.targets(
          Map.of(
              "n1", Set.of(new Endpoint(loopback.getHostAddress(), one.getLocalPort())),
              "n2", Set.of(new Endpoint(loopback.getHostAddress(), other.getLocalPort()))));
      long since = System.nanoTime();
      prober.start();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () ->
                  prober.round("n1", since) == Round.REACHED
                      && prober.round("n2", since) == Round.REACHED);
    }
  }
}
