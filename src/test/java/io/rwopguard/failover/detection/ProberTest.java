package io.rwopguard.failover.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import io.netty.channel.ConnectTimeoutException;
import io.netty.util.NetUtil;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.kube.ConditionLog;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Probes of nodes, one of which names an endpoint that no connection can be made to. */
class ProberTest {

  private final Vertx vertx = Vertx.vertx();
  private Duration time = Duration.ofHours(1);
  private final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");

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
                List.of(new Endpoint(loopback.getHostAddress(), kubelet.getLocalPort())))) {
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
    try (ServerSocket one = new ServerSocket(0, 50, loopback);
        ServerSocket other = new ServerSocket(0, 50, loopback);
        Prober prober =
            new Prober(
                client(instead),
                new ProbeSchedule(new Reachability(), new Heartbeats(), 100),
                problems,
                List.of(new Endpoint(loopback.getHostAddress(), 1)),
                System::nanoTime)) {
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

  /**
   * Returns a client that makes real connections.
   *
   * @param instead returns what to return instead of connecting to a port, or null
   */
  private NetClient client(Function<Integer, Future<?>> instead) {
    NetClient real = Prober.client(vertx);
    return (NetClient)
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
  }

  private Prober prober(List<Endpoint> nowhere, Function<Integer, Future<?>> instead) {
    return new Prober(
        client(instead),
        new ProbeSchedule(new Reachability(), new Heartbeats(), 100),
        problems,
        nowhere,
        () -> time.toNanos());
  }

  private void awaitDeceived(Prober prober, boolean deceived) {
    await().atMost(Duration.ofSeconds(10)).until(() -> prober.isDeceived() == deceived);
  }

  /**
   * Connects to the address of no host. No connection is made while that address does not answer.
   */
  @Test
  void a_service_mesh_that_answers_for_no_host_is_a_problem_until_it_no_longer_does()
      throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    AtomicBoolean silent = new AtomicBoolean();
    AtomicInteger connections = new AtomicInteger();
    try (ServerSocket mesh = new ServerSocket(0, 50, loopback)) {
      Endpoint nowhere = new Endpoint(loopback.getHostAddress(), mesh.getLocalPort());
      Function<Integer, Future<?>> instead =
          port -> {
            connections.incrementAndGet();
            return silent.get()
                ? Future.failedFuture(new ConnectTimeoutException("timed out"))
                : null;
          };
      try (Prober prober = prober(List.of(nowhere), instead)) {
        assertThat(prober.isDeceived()).isFalse();
        prober.probe();
        awaitDeceived(prober, true);
        await().until(() -> problems.with(Prober.SUBJECT).isPresent());
        assertThat(problems.with(Prober.SUBJECT).orElseThrow())
            .contains(nowhere.toString(), "service mesh", "sidecar.istio.io/inject");

        silent.set(true);
        time = time.plusSeconds(59);
        prober.probe();
        assertThat(connections).as("once a minute").hasValue(1);
        time = time.plusSeconds(1);
        prober.probe();
        awaitDeceived(prober, false);
        await().until(() -> problems.with(Prober.SUBJECT).isEmpty());
        assertThat(connections).hasValue(2);
      }
    }
  }

  /** A firewall rejects for every host, whether there is one or not. */
  @Test
  void a_refusal_in_the_name_of_no_host_is_an_answer_too() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    ServerSocket closed = new ServerSocket(0, 50, loopback);
    closed.close();
    Endpoint nowhere = new Endpoint(loopback.getHostAddress(), closed.getLocalPort());
    try (Prober prober = prober(List.of(nowhere), port -> null)) {
      prober.probe();
      awaitDeceived(prober, true);
      await().until(() -> problems.with(Prober.SUBJECT).isPresent());
    }
  }

  /** An IPv6-only cluster cannot reach IPv4 for a service mesh either. */
  @Test
  void a_service_mesh_of_one_family_of_addresses_is_found() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket mesh = new ServerSocket(0, 50, loopback)) {
      Endpoint unreachable = new Endpoint("192.0.2.1", 9);
      Endpoint answered = new Endpoint(loopback.getHostAddress(), mesh.getLocalPort());
      Function<Integer, Future<?>> instead =
          port ->
              port == 9 ? Future.failedFuture(new SocketException("Network unreachable")) : null;
      try (Prober prober = prober(List.of(unreachable, answered), instead)) {
        prober.probe();
        awaitDeceived(prober, true);
        await().until(() -> problems.with(Prober.SUBJECT).isPresent());
        assertThat(problems.with(Prober.SUBJECT).orElseThrow()).contains(answered.toString());
      }
    }
  }

  /** A host may reject all of a family that the cluster does not use. */
  @Test
  void a_family_of_addresses_that_is_not_probed_says_nothing() throws Exception {
    Endpoint refused = new Endpoint("2001:db8::1", 9);
    Endpoint silent = new Endpoint("192.0.2.1", 10);
    Function<Integer, Future<?>> instead =
        port ->
            Future.failedFuture(
                port == 9
                    ? new ConnectException("Connection refused")
                    : new ConnectTimeoutException("timed out"));
    try (Prober prober = prober(List.of(silent, refused), instead)) {
      prober.targets(Map.of("n1", Set.of(new Endpoint("10.0.0.1", 10))));
      prober.probe();
      await().until(() -> prober.round("n1", 0) != Round.NOT_YET);
      assertThat(prober.isDeceived()).isFalse();
      prober.targets(Map.of("n1", Set.of(new Endpoint("fd00::1", 10))));
      time = time.plusMinutes(1);
      prober.probe();
      awaitDeceived(prober, true);
    }
  }

  @Test
  void an_ipv6_endpoint_is_written_with_brackets_and_probed() throws Exception {
    assertThat(new Endpoint("2001:db8::1", 10_250)).hasToString("[2001:db8::1]:10250");
    try (ServerSocket kubelet = ipv6()) {
      Endpoint endpoint = new Endpoint("::1", kubelet.getLocalPort());
      try (Prober prober = prober(List.of(endpoint), port -> null)) {
        prober.probe();
        awaitDeceived(prober, true);
      }
    }
  }

  private static ServerSocket ipv6() {
    try {
      return new ServerSocket(0, 50, NetUtil.LOCALHOST6);
    } catch (IOException e) {
      return abort("skipped: this machine has no IPv6");
    }
  }

  @Test
  void an_address_that_no_host_answers_at_is_no_problem() {
    AtomicBoolean tried = new AtomicBoolean();
    Function<Integer, Future<?>> instead =
        port -> {
          tried.set(true);
          return Future.failedFuture(new ConnectTimeoutException("timed out"));
        };
    try (Prober prober = prober(List.of(new Endpoint("192.0.2.1", 9)), instead)) {
      prober.probe();
      assertThat(tried).isTrue();
      assertThat(prober.isDeceived()).isFalse();
      assertThat(problems.with(Prober.SUBJECT)).isEmpty();
    }
  }
}
