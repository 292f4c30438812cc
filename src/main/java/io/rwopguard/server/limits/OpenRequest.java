package io.rwopguard.server.limits;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;

/** A request from the arrival of its head until its answer has left. */
public final class OpenRequest {

  private static final String KEY = OpenRequest.class.getName();

  /** RST_STREAM with NO_ERROR: the answer is complete, and the rest of the body is not wanted. */
  private static final long NO_ERROR = 0;

  private final OpenRequests all;
  private final RoutingContext routing;
  private final Context context;
  private final ConnectionUse use;
  private volatile boolean evaluating;
  private volatile long since = System.nanoTime();

  /** These are used on the event loop only. */
  private boolean leaving;

  private boolean closed;

  /**
   * The bytes of the answer that have not left. Only {@link OpenRequests} uses it, with its lock.
   */
  private int unread;

  OpenRequest(OpenRequests all, RoutingContext routing, Context context) {
    this.all = all;
    this.routing = routing;
    this.context = context;
    this.use = ConnectionUse.of(routing.request().connection());
    use.opened();
    routing.put(KEY, this);
    routing.addEndHandler(
        ended -> {
          // the answer may still wait for its reader
          if (!leaving) {
            close(false);
          }
        });
  }

  /** Returns the open request of a routing context. */
  public static OpenRequest of(RoutingContext routing) {
    return routing.get(KEY);
  }

  /** Records that the whole request has arrived, and that an evaluation decides when it ends. */
  public void evaluate() {
    evaluating = true;
  }

  /**
   * Ends the response, on the event loop. A body of HTTP/2 that has not arrived is then refused.
   *
   * @return completes when the answer has left, and fails if it cannot
   */
  public Future<Void> answer(Buffer body) {
    leaving = true;
    since = System.nanoTime();
    evaluating = false;
    all.leaves(this, body.length());
    return routing.response().end(body).onComplete(this::left);
  }

  private void left(AsyncResult<Void> answer) {
    HttpServerResponse response = routing.response();
    close(answer.succeeded() && response.getStatusCode() == 200);
    if (answer.succeeded() && routing.request().version() == HttpVersion.HTTP_2) {
      // does nothing if the body has arrived
      response.reset(NO_ERROR);
    }
  }

  private void close(boolean evaluated) {
    if (!closed) {
      closed = true;
      all.remove(this);
      use.closed(evaluated);
    }
  }

  boolean isEvaluating() {
    return evaluating;
  }

  long since() {
    return since;
  }

  boolean hasUnread() {
    return unread > 0;
  }

  void addUnread(int bytes) {
    unread += bytes;
  }

  int forgetUnread() {
    int bytes = unread;
    unread = 0;
    return bytes;
  }

  /** Ends the request without a further answer, unless an evaluation has started meanwhile. */
  void end() {
    context.runOnContext(
        now -> {
          if (!closed && !evaluating) {
            Connections.end(routing.request());
            close(false);
          }
        });
  }
}
