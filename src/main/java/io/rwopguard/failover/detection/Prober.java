package io.rwopguard.failover.detection;

import io.netty.channel.ConnectTimeoutException;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.ProbeSchedule.Target;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.kube.ConditionLog;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Connects to nodes' kubelets and to Pods on a separate thread, so that no write delays a probe. A
 * refused connection is an answer too, since a host has to exist to refuse it.
 */
public final class Prober implements Probes, AutoCloseable {

  static final String SUBJECT = "probes of nodes";

  /**
   * The timeout of a probe. The kernel sends a lost first packet again only after a second, so a
   * longer timeout gains nothing.
   */
  private static final Duration TIMEOUT = Duration.ofMillis(700);

  /** The time after which a probe that has not ended never ends. */
  private static final Duration LOST = Duration.ofSeconds(5);

  private static final Duration TICK = Duration.ofMillis(200);

  /**
   * The addresses for documentation only (RFC 5737 and RFC 3849), which no host can have. In a
   * cluster with one address family, the other one is unreachable, which proves nothing.
   */
  private static final List<Endpoint> NOWHERE =
      List.of(
          new Endpoint("192.0.2.1", ProbeSchedule.DISCARD),
          new Endpoint("2001:db8::1", ProbeSchedule.DISCARD));

  private static final long SELF_TEST_EVERY = Duration.ofMinutes(1).toNanos();

  private final ProbeSchedule schedule;
  private final ConditionLog problems;
  private final NetClient client;
  private final List<Endpoint> nowhere;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "failover-probes");
            thread.setDaemon(true);
            return thread;
          });
  private final LongSupplier nanos;
  private long lastSelfTest;
  private volatile boolean deceived;

  /** Creates a prober that tests itself with addresses which no host can have. */
  public Prober(Vertx vertx, ProbeSchedule schedule, ConditionLog problems) {
    this(vertx, schedule, problems, NOWHERE);
  }

  /**
   * Creates a prober that tests itself with these addresses.
   *
   * @param nowhere addresses at which no host can answer
   */
  Prober(Vertx vertx, ProbeSchedule schedule, ConditionLog problems, List<Endpoint> nowhere) {
    this(client(vertx), schedule, problems, nowhere, System::nanoTime);
  }

  Prober(
      NetClient client,
      ProbeSchedule schedule,
      ConditionLog problems,
      List<Endpoint> nowhere,
      LongSupplier nanos) {
    this.client = client;
    this.schedule = schedule;
    this.problems = problems;
    this.nowhere = nowhere;
    this.nanos = nanos;
    this.lastSelfTest = nanos.getAsLong() - SELF_TEST_EVERY;
  }

  static NetClient client(Vertx vertx) {
    return vertx.createNetClient(
        new NetClientOptions().setConnectTimeout(Math.toIntExact(TIMEOUT.toMillis())));
  }

  /** Starts to probe the targets. */
  public void start() {
    var unused =
        clock.scheduleWithFixedDelay(this::probe, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void targets(Map<String, Set<Endpoint>> endpoints) {
    schedule.targets(endpoints, nanos.getAsLong());
  }

  @Override
  public Round round(String node, long since) {
    return schedule.round(node, since, nanos.getAsLong());
  }

  /**
   * Returns whether connections to an address that no host can have are answered. Then a service
   * mesh or a firewall answers in the place of nodes, and no node can be found unreachable.
   */
  public boolean isDeceived() {
    return deceived;
  }

  /** Starts the probes that are due, and runs the self-test once a minute. */
  void probe() {
    try {
      long now = nanos.getAsLong();
      if (now - lastSelfTest >= SELF_TEST_EVERY) {
        lastSelfTest = now;
        testItself();
      }
      schedule.next(now).forEach(this::probe);
    } catch (Throwable e) {
      // a scheduled task that throws would never run again
      problems.found(SUBJECT, e);
    }
  }

  /** Probes an endpoint. One that cannot be probed does not stop the probes of the others. */
  private void probe(Target target) {
    try {
      var unused =
          reach(target.endpoint())
              .timeout(LOST.toMillis(), TimeUnit.MILLISECONDS)
              .onSuccess(
                  reached -> {
                    schedule.done(target, reached, nanos.getAsLong());
                    problems.solved(subject(target));
                  })
              .onFailure(failure -> notMade(target, failure));
    } catch (Throwable e) {
      // an Error, too: otherwise the probe would be in flight forever, and so would the rest of the
      // batch
      notMade(target, e);
    }
  }

  private void notMade(Target target, Throwable failure) {
    schedule.notMade(target, nanos.getAsLong());
    problems.found(
        subject(target),
        "Its endpoint %s cannot be probed (%s). Node %s is not found dead while this endpoint is probed. If this persists, correct the address or the port in the status of the Node or the Pod."
            .formatted(target.endpoint(), failure, target.node()));
  }

  private static String subject(Target target) {
    return "probe of node %s at %s".formatted(target.node(), target.endpoint());
  }

  private void testItself() {
    // a host may refuse all of a family that the cluster does not use
    List<Endpoint> tested =
        nowhere.stream().filter(each -> schedule.mayProbe(each.isIpv6())).toList();
    List<Future<Boolean>> tests = tested.stream().map(this::reach).toList();
    var unused =
        Future.all(tests)
            .onSuccess(
                done -> {
                  List<Endpoint> answered =
                      IntStream.range(0, tested.size())
                          .filter(each -> tests.get(each).result())
                          .mapToObj(tested::get)
                          .toList();
                  deceived = !answered.isEmpty();
                  if (deceived) {
                    problems.found(
                        SUBJECT,
                        "A connection to %s was answered, although no host has that address. A service mesh or a firewall answers on behalf of all nodes, so no node can be found dead. Exclude the Pods of rwop-guard from the mesh, for example by the label sidecar.istio.io/inject: \"false\" or the annotation linkerd.io/inject: disabled."
                            .formatted(answered.get(0)));
                  } else {
                    problems.solved(SUBJECT);
                  }
                });
  }

  private Future<Boolean> reach(Endpoint endpoint) {
    return client
        .connect(endpoint.port(), endpoint.host())
        .compose(
            socket -> {
              var unused = socket.close();
              return Future.succeededFuture(true);
            },
            failure -> Future.succeededFuture(isRefusal(failure)));
  }

  private static boolean isRefusal(Throwable failure) {
    return failure instanceof ConnectException
        && !(failure instanceof ConnectTimeoutException)
        && String.valueOf(failure.getMessage()).contains("refused");
  }

  @Override
  public void close() {
    clock.shutdownNow();
    var unused = client.close();
  }
}
