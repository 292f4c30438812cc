package io.rwopguard.server;

import io.quarkus.vertx.http.ManagementInterface;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.server.limits.ConnectionUse;
import io.rwopguard.server.limits.Connections;
import io.rwopguard.server.limits.OpenRequests;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Counts the requests of both ports, and ends those of the webhooks' port that hang. */
@Singleton
final class Requests {

  /**
   * The number of open requests. Five API servers that each send a hundred at a time have a quarter
   * of these, and the heads of all of them take some 20 MiB.
   */
  private static final int MOST = 2_000;

  /** The bytes of answers that callers do not read. */
  private static final long MOST_UNREAD = 8L << 20;

  private static final long SWEEP_MILLIS = 1_000;

  /** The time that a client has to read why it is disconnected. */
  private static final long DRAIN_MILLIS = 500;

  /** The order before all other handlers. */
  private static final int FIRST = Integer.MIN_VALUE;

  private final Vertx vertx;
  private final OpenRequests open;

  Requests(Vertx vertx, RwopGuardConfig config) {
    this.vertx = vertx;
    this.open = new OpenRequests(MOST, MOST_UNREAD, config.limits().requestTimeout());
  }

  void install(@Observes Router router) {
    router.route().order(FIRST).handler(this::add);
    vertx.setPeriodic(SWEEP_MILLIS, now -> open.endLate());
  }

  void install(@Observes ManagementInterface management) {
    management.router().route().order(FIRST).handler(this::manage);
  }

  /** Kubelets and Prometheus use HTTP/1.1 on this port, one request after the other. */
  private void manage(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    ConnectionUse.of(request.connection()).requested();
    if (request.version() == HttpVersion.HTTP_2) {
      var unused = routing.response().setStatusCode(505).end("this port speaks HTTP/1.1 only\n");
      vertx.setTimer(DRAIN_MILLIS, now -> Connections.close(request));
      return;
    }
    Connections.oneRequestAtATime(request);
    routing.next();
  }

  private void add(RoutingContext routing) {
    open.add(routing, vertx.getOrCreateContext());
    routing.next();
  }
}
