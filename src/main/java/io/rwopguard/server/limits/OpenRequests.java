package io.rwopguard.server.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Metrics;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Limits the requests that are open, over all connections: from the arrival of the head until the
 * answer has left. Beyond the number, the oldest is ended, unless it is being evaluated. So is one
 * that does not arrive, or whose caller does not read the answer, in time. Beyond the bytes of
 * answers that callers have not read, the oldest of those is ended.
 */
public final class OpenRequests {

  private final int most;
  private final long mostUnread;
  private final Duration timeout;

  /** All open requests, the oldest first. */
  private final Set<OpenRequest> open = new LinkedHashSet<>();

  private long unread;
  private final Counter beyondLimit = ended("limit");
  private final Counter beyondBytes = ended("unread");
  private final Counter beyondTime = ended("late");

  /**
   * Creates the limits.
   *
   * @param most the number of requests
   * @param mostUnread the bytes of all answers that have not left
   * @param timeout the time that a request may take to arrive, and its answer to be read
   */
  public OpenRequests(int most, long mostUnread, Duration timeout) {
    this.most = most;
    this.mostUnread = mostUnread;
    this.timeout = timeout;
  }

  private static Counter ended(String reason) {
    return Counter.builder("rwop_guard_ended_requests")
        .description("Requests that the service ended without an answer")
        .tag("reason", reason)
        .register(Metrics.globalRegistry);
  }

  /** Adds a request whose head has arrived. This has to be called on its event loop. */
  public void add(RoutingContext routing, Context context) {
    HttpServerRequest request = routing.request();
    if (request.version() != HttpVersion.HTTP_2) {
      Connections.oneRequestAtATime(request);
    }
    OpenRequest added = new OpenRequest(this, routing, context);
    List<OpenRequest> ended = new ArrayList<>();
    synchronized (this) {
      Iterator<OpenRequest> oldest = open.iterator();
      while (open.size() >= most && oldest.hasNext()) {
        OpenRequest each = oldest.next();
        if (!each.isEvaluating()) {
          oldest.remove();
          unread -= each.forgetUnread();
          ended.add(each);
        }
      }
      open.add(added);
    }
    beyondLimit.increment(ended.size());
    ended.forEach(OpenRequest::end);
  }

  /** Counts an answer that is about to leave. */
  void leaves(OpenRequest request, int bytes) {
    List<OpenRequest> ended = new ArrayList<>();
    synchronized (this) {
      if (open.contains(request)) {
        unread += bytes;
        request.addUnread(bytes);
      }
      Iterator<OpenRequest> oldest = open.iterator();
      while (unread > mostUnread && oldest.hasNext()) {
        OpenRequest each = oldest.next();
        if (each.hasUnread() && each != request) {
          oldest.remove();
          unread -= each.forgetUnread();
          ended.add(each);
        }
      }
    }
    beyondBytes.increment(ended.size());
    ended.forEach(OpenRequest::end);
  }

  synchronized void remove(OpenRequest request) {
    if (open.remove(request)) {
      unread -= request.forgetUnread();
    }
  }

  /** Ends the requests whose time has passed. Call this about once a second. */
  public void endLate() {
    long now = System.nanoTime();
    List<OpenRequest> late = new ArrayList<>();
    synchronized (this) {
      for (OpenRequest each : open) {
        // twice the time, so that a late body has its own answer before
        if (!each.isEvaluating() && now - each.since() > 2 * timeout.toNanos()) {
          late.add(each);
        }
      }
    }
    beyondTime.increment(late.size());
    late.forEach(OpenRequest::end);
  }
}
