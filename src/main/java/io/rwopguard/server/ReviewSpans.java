package io.rwopguard.server;

import io.rwopguard.rules.Finding;
import io.rwopguard.tracing.CallerContext;
import io.rwopguard.tracing.TraceGuard;
import io.rwopguard.tracing.TraceSpan;
import io.rwopguard.tracing.Tracing;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.Instant;

/**
 * Records each review as a span, where tracing is on: which object it is about, and what the answer
 * is. Nothing of the object is recorded, nor who sent it.
 */
@Singleton
final class ReviewSpans {

  /** The arrival of a request. Its span starts when it is known to be a review. */
  record Arrival(CallerContext caller, Instant at) {}

  private static final Arrival UNTRACED = new Arrival(CallerContext.NONE, Instant.EPOCH);

  private final Tracing tracing;

  ReviewSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  Arrival arrived(HttpServerRequest request) {
    return tracing.isOn()
        ? TraceGuard.get(
            () -> new Arrival(CallerContext.of(request.headers()::getAll), Instant.now()), UNTRACED)
        : UNTRACED;
  }

  /** Starts the span of a review. Those of the warm-up are not recorded. */
  TraceSpan start(Webhook webhook, AdmissionRequest request, Arrival arrival) {
    if (!tracing.isOn() || WarmUp.sent(request)) {
      return TraceSpan.NONE;
    }
    String route = "/" + webhook.label();
    TraceSpan span = tracing.review(route, arrival.caller(), arrival.at());
    if (!span.isRecorded()) {
      return span;
    }
    return span.with("http.request.method", "POST")
        .with("http.route", route)
        .with("url.path", route)
        .with("url.scheme", "https")
        .with("rwop_guard.webhook", webhook.label())
        .with("rwop_guard.uid", printable(request.uid()))
        .with("rwop_guard.operation", printable(request.operation()))
        .with("rwop_guard.kind", printable(request.kindName()))
        .with("rwop_guard.sub_resource", printable(request.subResource()))
        .with("rwop_guard.namespace", printable(request.namespace()))
        .with("rwop_guard.name", printable(request.name()))
        .with("rwop_guard.dry_run", request.dryRun());
  }

  /** Records the decision on a review. */
  static void decided(TraceSpan span, AdmissionResponse response) {
    if (span.isRecorded()) {
      span.with("rwop_guard.allowed", response.code() == 200)
          .with("rwop_guard.code", response.code())
          .with("rwop_guard.patched", !response.patch().isEmpty())
          .with(
              "rwop_guard.rules",
              response.findings().stream().map(Finding::rule).distinct().toList());
    }
  }

  /** Ends the span of a review with the status of its answer. */
  static void end(TraceSpan span, int status) {
    if (!span.isRecorded()) {
      return;
    }
    span.with("http.response.status_code", status);
    if (status >= 500) {
      span.failed(String.valueOf(status));
    }
    span.end();
  }

  private static String printable(String text) {
    return AdmissionLog.printable(text);
  }
}
