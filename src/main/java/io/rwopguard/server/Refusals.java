package io.rwopguard.server;

import io.rwopguard.log.RateLimitedLog;
import io.rwopguard.server.limits.Connections;
import io.rwopguard.server.limits.OpenRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Answers requests that are no whole admission review with a plain message. */
@Singleton
final class Refusals {

  private static final RateLimitedLog LOG =
      new RateLimitedLog(
          Logger.getLogger("io.rwopguard.admission"), "requests that are no review", 60);

  /** The time that a refused caller has to read its answer. */
  private static final long DRAIN_MILLIS = 500;

  private final Vertx vertx;
  private final RejectedBodies rejected;

  Refusals(Vertx vertx, RejectedBodies rejected) {
    this.vertx = vertx;
    this.rejected = rejected;
  }

  /** Refuses a request without reading its body any further, and counts it. */
  void refuse(RoutingContext routing, int status, RejectedBodies.Reason reason, String message) {
    rejected.count(reason);
    refuse(routing, status, message);
  }

  /** Refuses a request without reading its body any further. */
  void refuse(RoutingContext routing, int status, String message) {
    HttpServerResponse response = routing.response();
    if (response.ended() || response.closed()) {
      return;
    }
    LOG.warnf("bad request: %d %s", status, message);
    HttpServerRequest request = routing.request();
    boolean closes =
        request.version() != HttpVersion.HTTP_2 && !request.isEnded() && hasBody(request);
    response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, "text/plain");
    if (closes) {
      response.putHeader(HttpHeaders.CONNECTION, "close");
    }
    var unused = OpenRequest.of(routing).answer(Buffer.buffer(message + "\n"));
    if (closes) {
      // what has arrived is read until then: a kernel that closes with unread data drops the answer
      request.resume();
      vertx.setTimer(DRAIN_MILLIS, now -> Connections.close(request));
    }
  }

  private static boolean hasBody(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        || (length != null && !length.equals("0"));
  }
}
