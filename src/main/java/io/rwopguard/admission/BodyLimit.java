package io.rwopguard.admission;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Answers a body that says it is too large in a sentence. Quarkus' own limit, which still holds for
 * a body of undeclared length, closes the connection instead: a client that is still sending sees
 * no answer, and over HTTP/2 other requests on that connection fail too.
 */
@Singleton
final class BodyLimit {

  private static final Logger LOG = Logger.getLogger("io.rwopguard.admission");

  /**
   * What is read and thrown away so that the sender comes to read its answer; beyond it the
   * connection is closed.
   */
  private static final long MOST_THROWN_AWAY = 64L << 20;

  /** After {@link Drain}, and before Quarkus' own limit. */
  private static final int EARLY = Integer.MIN_VALUE + 1;

  private final long limit;

  BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
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
    LOG.warnf("bad request: 413 a body of %d bytes", length);
    context
        .response()
        .setStatusCode(413)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
        .end("the body has %d bytes, and the most is %d MiB%n".formatted(length, limit >> 20));
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
