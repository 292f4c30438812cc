package io.rwopguard.server;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Closes idle connections before the shutdown. During Quarkus' shutdown delay after SIGTERM, the
 * service still answers every request. Quarkus also asks each client to use another connection. But
 * API servers keep idle connections for minutes, long after the Pod has left its Service's
 * endpoints.
 */
@Singleton
final class ConnectionDrainer {

  private static final Logger LOG = Logger.getLogger(ConnectionDrainer.class);

  /** The order after {@link Requests}, and before all other handlers. */
  private static final int FIRST = Integer.MIN_VALUE + 1;

  /** A connection in use. Its requests are counted on its own event loop only. */
  private static final class Use {
    private final boolean http2;
    private final Context eventLoop;
    private int requests;

    Use(boolean http2, Context eventLoop) {
      this.http2 = http2;
      this.eventLoop = eventLoop;
    }
  }

  /**
   * The connections, with weak keys. A connection has room for only one close handler, and this
   * class does not own it.
   */
  private final Map<HttpConnection, Use> connections =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final Vertx vertx;
  private final Duration delay;

  ConnectionDrainer(
      Vertx vertx, @ConfigProperty(name = "quarkus.shutdown.delay") Optional<Duration> delay) {
    this.vertx = vertx;
    this.delay = delay.orElse(Duration.ZERO);
  }

  void install(@Observes Router router) {
    router.route().order(FIRST).handler(this::follow);
  }

  private void follow(RoutingContext context) {
    boolean http2 = context.request().version() == HttpVersion.HTTP_2;
    Use use =
        connections.computeIfAbsent(
            context.request().connection(), unknown -> new Use(http2, vertx.getOrCreateContext()));
    use.requests++;
    context.addEndHandler(ended -> use.requests--);
    context.next();
  }

  /**
   * Schedules the close late in the delay, because it may coincide with a new request. By then
   * Quarkus has closed the busy connections after an answer.
   */
  void begin(@Observes ShutdownDelayInitiatedEvent event) {
    if (delay.isZero()) {
      return;
    }
    LOG.infof("Draining connections; shutdown in %s", delay);
    vertx.setTimer(Math.max(1, delay.toMillis() * 4 / 5), late -> closeIdle());
  }

  private void closeIdle() {
    Map<HttpConnection, Use> known;
    synchronized (connections) {
      known = Map.copyOf(connections);
    }
    known.forEach((connection, use) -> use.eventLoop.runOnContext(now -> close(connection, use)));
  }

  private static void close(HttpConnection connection, Use use) {
    if (use.http2) {
      // GOAWAY; requests in progress on the connection still complete
      var unused = connection.shutdown();
    } else if (use.requests == 0) {
      var unused = connection.close();
    }
  }
}
