package io.rwopguard.server;

import io.quarkus.runtime.configuration.MemorySize;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.server.limits.IncomingBodies;
import io.rwopguard.server.limits.IncomingBody;
import io.rwopguard.server.limits.RefusedBodyException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Serves the two webhooks of the API server: checks the head of a request, and reads its body.
 * {@link AdmissionReviews} answers it.
 *
 * <p>These are routes of Vert.x and no REST resources, because those read a body of more than a few
 * kilobytes with a thread that waits for it. Twenty slow callers would take all threads.
 */
@Singleton
final class AdmissionRoute {

  /** The number of bodies, and the bytes of them together, that may be arriving. */
  private static final int MOST_BODIES = 1_000;

  private static final long MOST_BYTES = 12L << 20;
  private static final long SWEEP_MILLIS = 1_000;

  private final Vertx vertx;
  private final long mostBytes;
  private final IncomingBodies bodies;
  private final AdmissionReviews reviews;
  private final Refusals refusals;

  AdmissionRoute(
      Vertx vertx,
      RwopGuardConfig config,
      @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize mostBytes,
      AdmissionReviews reviews,
      Refusals refusals) {
    this.vertx = vertx;
    this.mostBytes = mostBytes.asLongValue();
    this.bodies = new IncomingBodies(MOST_BODIES, MOST_BYTES, config.limits().requestTimeout());
    this.reviews = reviews;
    this.refusals = refusals;
  }

  void install(@Observes Router router) {
    for (Webhook webhook : Webhook.values()) {
      router.route("/" + webhook.label()).handler(context -> receive(webhook, context));
    }
    router
        .route()
        .last()
        .handler(
            context ->
                refusals.refuse(
                    context,
                    404,
                    "this path does not exist; post an AdmissionReview to /validate or /mutate"));
    vertx.setPeriodic(SWEEP_MILLIS, now -> bodies.refuseLate());
  }

  private void receive(Webhook webhook, RoutingContext routing) {
    HttpServerRequest request = routing.request();
    if (!request.method().equals(HttpMethod.POST)) {
      routing.response().putHeader(HttpHeaders.ALLOW, "POST");
      refusals.refuse(
          routing, 405, "only POST is supported here, with an AdmissionReview as its body");
      return;
    }
    if (!isJson(request)) {
      refusals.refuse(
          routing,
          415,
          RejectedBodies.Reason.NOT_JSON,
          "the body's Content-Type must be application/json");
      return;
    }
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
      routing.response().writeContinue();
    }
    Context context = vertx.getOrCreateContext();
    IncomingBody.read(request, bodies, context, mostBytes)
        .onSuccess(body -> reviews.answer(webhook, body, routing, context))
        .onFailure(problem -> refuse(routing, problem));
  }

  private void refuse(RoutingContext routing, Throwable problem) {
    RefusedBodyException.Reason reason =
        problem instanceof RefusedBodyException refused
            ? refused.reason()
            : RefusedBodyException.Reason.GONE;
    switch (reason) {
      case TOO_LARGE ->
          refusals.refuse(routing, 413, RejectedBodies.Reason.TOO_LARGE, problem.getMessage());
      case LATE -> refusals.refuse(routing, 408, RejectedBodies.Reason.LATE, problem.getMessage());
      case OVERLOAD ->
          refusals.refuse(routing, 503, RejectedBodies.Reason.OVERLOAD, problem.getMessage());
      case GONE -> {
        // no answer would be read
      }
    }
  }

  private static boolean isJson(HttpServerRequest request) {
    String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
    if (type == null) {
      return false;
    }
    int parameters = type.indexOf(';');
    return (parameters < 0 ? type : type.substring(0, parameters))
        .strip()
        .toLowerCase(Locale.ROOT)
        .equals("application/json");
  }
}
