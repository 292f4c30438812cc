package io.rwopguard.failover;

import io.netty.channel.ConnectTimeoutException;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.Reachability;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Connects to nodes' kubelets and to Pods, so that it is known who answered shortly before a node
 * fell silent. A refused connection is an answer too: somebody is there to refuse it.
 */
final class Prober implements Probes, AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  /** Often enough to have an answer within any minute, however one or the other is lost. */
  private static final long USUAL = Duration.ofSeconds(20).toNanos();

  private static final long CLOSER = Duration.ofMillis(900).toNanos();

  /** Of those that are not urgent, begun at a time: a large cluster is gone through bit by bit. */
  private static final int AT_A_TIME = 25;

  private final Reachability reachability;
  private final Clocks clocks;
  private final NetClient client;
  private final Map<Endpoint, Long> lastTried = new ConcurrentHashMap<>();
  private final Set<Endpoint> underWay = ConcurrentHashMap.newKeySet();

  Prober(Vertx vertx, Reachability reachability, Clocks clocks) {
    this.clocks = clocks;
    this.reachability = reachability;
    this.client =
        vertx.createNetClient(
            new NetClientOptions().setConnectTimeout(Math.toIntExact(TIMEOUT.toMillis())));
  }

  /** Tries what is due of these, by node; of late nodes everything is due every second. */
  @Override
  public void look(Map<String, Set<Endpoint>> endpoints, Set<String> late, long now) {
    reachability.keepNodes(endpoints.keySet());
    int begun = 0;
    for (var node : endpoints.entrySet()) {
      reachability.keep(node.getKey(), node.getValue());
      boolean urgent = late.contains(node.getKey());
      for (Endpoint endpoint : node.getValue()) {
        Long before = lastTried.get(endpoint);
        boolean due = before == null || now - before >= (urgent ? CLOSER : USUAL);
        if (due && (urgent || begun < AT_A_TIME) && underWay.add(endpoint)) {
          begun++;
          lastTried.put(endpoint, now);
          attempt(node.getKey(), endpoint);
        }
      }
    }
    if (lastTried.size() > 2 * endpoints.values().stream().mapToInt(Set::size).sum() + AT_A_TIME) {
      lastTried.keySet().removeIf(known -> now - lastTried.get(known) > 2 * USUAL);
    }
  }

  private void attempt(String node, Endpoint endpoint) {
    client
        .connect(endpoint.port(), endpoint.host())
        .onComplete(
            connected -> {
              underWay.remove(endpoint);
              boolean reached = connected.succeeded() || isRefusal(connected.cause());
              reachability.tried(node, endpoint, reached, clocks.nanos());
              if (connected.succeeded()) {
                var unused = connected.result().close();
              }
            });
  }

  private static boolean isRefusal(Throwable failure) {
    return failure instanceof ConnectException
        && !(failure instanceof ConnectTimeoutException)
        && String.valueOf(failure.getMessage()).contains("refused");
  }

  @Override
  public void close() {
    var unused = client.close();
  }
}
