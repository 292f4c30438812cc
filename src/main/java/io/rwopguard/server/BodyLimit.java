package io.rwopguard.server;

import io.quarkus.runtime.configuration.MemorySize;
import io.rwopguard.log.RateLimitedLog;
import io.rwopguard.server.limits.OpenRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Answers a request whose declared length is too large with a message. Quarkus' own limit still
 * applies to a body of undeclared length, and closes the connection instead. A client that is still
 * sending then sees no answer, and over HTTP/2 other requests on that connection fail too.
 */
@Singleton
final class BodyLimit {

  private static final RateLimitedLog LOG =
      new RateLimitedLog(
          Logger.getLogger("io.rwopguard.admission"), "bodies that are too large", 60);

  /**
   * The number of bytes to read and discard, so that the sender reads its answer; beyond it the
   * connection is closed.
   */
  private static final long MOST_THROWN_AWAY = 64L << 20;

  /** The order after {@link ConnectionDrainer}, and before Quarkus' own limit. */
  private static final int EARLY = Integer.MIN_VALUE + 2;

  private final long limit;
  private final RejectedBodies rejected;

  BodyLimit(
      @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit,
      RejectedBodies rejected) {
    this.rejected = rejected;
    this.limit = limit.asLongValue();
  }

  void install(@Observes Router router) {
    router.route().order(EARLY).handler(this::check);
  }

  private void check(RoutingContext context) {
    long length = declaredLength(context.request());
    if (length <= limit || length > MOST_THROWN_AWAY) {
      context.next();
      return;
    }
    rejected.count(RejectedBodies.Reason.TOO_LARGE);
    LOG.warnf("bad request: 413 a body of %d bytes", length);
    context.response().setStatusCode(413).putHeader(HttpHeaders.CONTENT_TYPE, "text/plain");
    var unused =
        OpenRequest.of(context)
            .answer(
                Buffer.buffer(
                    "the body has %d bytes; the maximum is %d MiB%n"
                        .formatted(length, limit >> 20)));
    context.request().resume();
  }

  private static long declaredLength(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
