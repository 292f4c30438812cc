package io.rwopguard.management;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.ManagementInterface;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.log.RateLimitedLog;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Lets only those read the management port whom the API server allows to, if the port is secure. It
 * comes before every handler that shows something, and admits one method and a list of paths in one
 * way to write them, so that no handler can understand a request differently.
 */
@Singleton
final class SecureManagement {

  /** The order after the handlers that protect the process itself, and before all others. */
  private static final int SECOND = Integer.MIN_VALUE + 1;

  private static final RateLimitedLog BUSY =
      new RateLimitedLog(Logger.getLogger(SecureManagement.class), "tokens beyond the limit", 1);

  private final Vertx vertx;
  private final RwopGuardConfig.Management settings;
  private final Instance<KubernetesClient> client;
  private Optional<ThreadPoolExecutor> threads = Optional.empty();

  SecureManagement(Vertx vertx, RwopGuardConfig config, Instance<KubernetesClient> client) {
    this.vertx = vertx;
    this.settings = config.management();
    this.client = client;
  }

  void install(@Observes ManagementInterface management) {
    if (!settings.secure()) {
      return;
    }
    ThreadPoolExecutor asking =
        new ThreadPoolExecutor(
            AskLimits.OPEN,
            AskLimits.OPEN,
            30,
            TimeUnit.SECONDS,
            // never longer than the threads, and a thread may not have ended its last question
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "management-access");
              thread.setDaemon(true);
              return thread;
            });
    asking.allowCoreThreadTimeOut(true);
    threads = Optional.of(asking);
    Decisions decisions =
        new Decisions(
            AccessReviews.through(client.get(), settings.audiences().orElse(Set.of())),
            asking,
            settings.allowedFor(),
            settings.deniedFor(),
            System::nanoTime);
    management.router().route().order(SECOND).handler(routing -> check(routing, decisions));
  }

  void stop(@Observes ShutdownEvent event) {
    threads.ifPresent(ThreadPoolExecutor::shutdownNow);
  }

  private void check(RoutingContext routing, Decisions decisions) {
    HttpServerRequest request = routing.request();
    String path = request.path();
    if (!request.connection().isSsl()) {
      // another setting opened the port without TLS; headers of proxies do not count
      refuse(routing, 403, "This port answers requests over TLS only. Use https.");
    } else if (!HttpMethod.GET.equals(request.method())) {
      routing.response().putHeader("Allow", "GET");
      refuse(routing, 405, "This port answers GET requests only.");
    } else if (ManagementPath.isOpen(path)) {
      routing.next();
    } else if (!ManagementPath.isProtected(path)) {
      // the same for all others, with or without a token
      refuse(
          routing,
          404,
          "This path does not exist. Send one of these, without escapes or parameters: %s."
              .formatted(ManagementPath.all()));
    } else {
      BearerToken.of(request.headers().getAll("Authorization"))
          .ifPresentOrElse(
              token -> decide(routing, decisions, token, path), () -> askForToken(routing, ""));
    }
  }

  private void decide(RoutingContext routing, Decisions decisions, String token, String path) {
    Context context = vertx.getOrCreateContext();
    CompletableFuture<Decision> answer = decisions.of(token, path, address(routing));
    // a caller that has gone takes no memory until the API server answers
    routing.addEndHandler(ended -> answer.cancel(false));
    // a question that fails is a decision, too
    var unused =
        answer.thenAccept(decision -> context.runOnContext(now -> follow(routing, decision, path)));
  }

  /** Returns the address of the connection, whatever headers say. */
  private static String address(RoutingContext routing) {
    SocketAddress remote = routing.request().connection().remoteAddress();
    return remote == null || remote.hostAddress() == null ? "" : remote.hostAddress();
  }

  private void follow(RoutingContext routing, Decision decision, String path) {
    HttpServerResponse response = routing.response();
    if (response.ended() || response.closed()) {
      return;
    }
    switch (decision.outcome()) {
      case ALLOWED -> routing.next();
      case UNAUTHENTICATED -> askForToken(routing, ", error=\"invalid_token\"");
      case FORBIDDEN ->
          refuse(
              routing,
              403,
              "User %s may not get %s. Bind a ClusterRole that allows it, such as %s, to this user with a ClusterRoleBinding."
                  .formatted(decision.user(), path, settings.readerRole()));
      case UNAVAILABLE -> {
        response.putHeader("Retry-After", "5");
        refuse(
            routing,
            503,
            "The API server could not be asked whether this token may get %s, so it may not. Try again later; the log of this process has the reason."
                .formatted(path));
      }
      case BUSY -> {
        BUSY.warnf(
            "Too many unknown tokens arrive at the management port, lately from %s. The API server is not asked about all of them, and new readers may have to try again. Find out who sends them, or limit the callers with networkPolicy.managementFrom.",
            address(routing));
        response.putHeader("Retry-After", "2");
        refuse(routing, 429, "Too many tokens are being checked. Try again in a moment.");
      }
    }
  }

  private static void askForToken(RoutingContext routing, String error) {
    routing.response().putHeader("WWW-Authenticate", "Bearer realm=\"rwop-guard\"" + error);
    refuse(
        routing,
        401,
        error.isEmpty()
            ? "This path needs a token. Send one of this cluster in the header \"Authorization: Bearer TOKEN\": \"kubectl create token SERVICEACCOUNT\" prints one."
            : "The API server does not accept this token here. It may have expired, or be for another cluster or audience. Send a new one: \"kubectl create token SERVICEACCOUNT\" prints one.");
  }

  private static void refuse(RoutingContext routing, int status, String message) {
    var unused =
        routing
            .response()
            .setStatusCode(status)
            .putHeader("Content-Type", "text/plain; charset=utf-8")
            .putHeader("X-Content-Type-Options", "nosniff")
            .putHeader("Cache-Control", "no-store")
            .end(message + "\n");
  }
}
