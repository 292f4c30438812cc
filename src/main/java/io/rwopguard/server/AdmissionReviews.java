package io.rwopguard.server;

import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.server.limits.OpenRequest;
import io.rwopguard.server.limits.ReviewCapacity;
import io.rwopguard.tracing.TraceSpan;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers whole admission reviews: a small one on the event loop, which only a live read leaves,
 * and a large one on another thread.
 */
@Singleton
final class AdmissionReviews {

  /**
   * The size of the largest body that is evaluated on the event loop. A review of an API server is
   * seldom above 20 KiB, and one of this size takes about a millisecond.
   */
  static final int LARGE = 64 << 10;

  /** A large body's tree has up to forty times its size. */
  private static final int LARGE_TOGETHER = 1 << 20;

  private static final long MOST_WAITING = 8L << 20;

  /**
   * The bytes of small bodies that may wait for live reads together. Beyond it, a review is
   * answered without them. Its tree has up to sixteen times its size.
   */
  private static final int MOST_PENDING = 2 << 20;

  /** The largest answer. Those of reviews that an API server sends have a few kilobytes. */
  private static final int MOST_ANSWERED = 256 << 10;

  private static final String JSON = "application/json";
  private static final String TEXT = "text/plain";

  private final Validator validator;
  private final Mutator mutator;
  private final AdmissionLog log;
  private final RejectedBodies rejected;
  private final ReviewSpans spans;
  private final ReviewCapacity large;
  private final AtomicInteger pending = new AtomicInteger();

  AdmissionReviews(
      Validator validator,
      Mutator mutator,
      AdmissionLog log,
      RejectedBodies rejected,
      ReviewSpans spans,
      Vertx vertx) {
    this.validator = validator;
    this.mutator = mutator;
    this.log = log;
    this.rejected = rejected;
    this.spans = spans;
    this.large = new ReviewCapacity(LARGE_TOGETHER, MOST_WAITING, work -> onWorker(vertx, work));
  }

  private static void onWorker(Vertx vertx, Runnable work) {
    var unused =
        vertx.executeBlocking(
            () -> {
              work.run();
              return null;
            },
            false);
  }

  private record Answer(int status, String type, Buffer body) {}

  /**
   * Answers a review, at once or when it has been evaluated.
   *
   * @param context the context of the request, on which this runs
   */
  void answer(Webhook webhook, byte[] body, RoutingContext routing, Context context) {
    OpenRequest open = OpenRequest.of(routing);
    open.evaluate();
    ReviewSpans.Arrival arrival = spans.arrived(routing.request());
    CompletionStage<Answer> answer =
        body.length > LARGE || isDense(body)
            ? large.evaluate(
                routing.request().remoteAddress().hostAddress(),
                body.length,
                routing.response()::closed,
                mayTakeTime -> evaluate(webhook, body, arrival, mayTakeTime))
            : small(webhook, body, arrival);
    Thread loop = Thread.currentThread();
    answer
        .exceptionally(this::refused)
        .thenAccept(
            complete -> {
              if (Thread.currentThread() == loop) {
                send(complete, routing.response(), open);
              } else {
                context.runOnContext(now -> send(complete, routing.response(), open));
              }
            });
  }

  /**
   * Returns whether a body has so many values that its tree is much larger than that of other
   * bodies of its size. A review has one of these characters in at least six.
   */
  static boolean isDense(byte[] body) {
    int values = 0;
    for (byte each : body) {
      if (each == ',' || each == '[' || each == '{') {
        values++;
      }
    }
    return body.length > 1024 && values > body.length / 4;
  }

  private CompletionStage<Answer> small(Webhook webhook, byte[] body, ReviewSpans.Arrival arrival) {
    CompletionStage<Answer> answer = evaluate(webhook, body, arrival, pending.get() < MOST_PENDING);
    if (!answer.toCompletableFuture().isDone()) {
      pending.addAndGet(body.length);
      answer = answer.whenComplete((ended, failure) -> pending.addAndGet(-body.length));
    }
    return answer;
  }

  private CompletionStage<Answer> evaluate(
      Webhook webhook, byte[] body, ReviewSpans.Arrival arrival, boolean mayRead) {
    long start = System.nanoTime();
    AdmissionRequest request;
    try {
      request = ReviewReader.read(body);
    } catch (BadReviewException e) {
      log.badReview(webhook, e, start);
      return CompletableFuture.completedFuture(badReview(e));
    }
    TraceSpan span = spans.start(webhook, request, arrival);
    CompletionStage<AdmissionResponse> decision;
    try {
      decision =
          span.within(
              () ->
                  switch (webhook) {
                    case VALIDATE -> validator.decide(request, mayRead);
                    case MUTATE -> mutator.decide(request, mayRead);
                  });
    } catch (RuntimeException e) {
      decision = CompletableFuture.failedFuture(e);
    }
    return decision
        .exceptionally(failure -> failed(request, failure))
        .thenApply(
            response -> {
              log.answered(webhook, request, response, start);
              ReviewSpans.decided(span, response);
              return http(response);
            })
        .whenComplete(
            (answer, failure) -> ReviewSpans.end(span, answer == null ? 500 : answer.status()));
  }

  private AdmissionResponse failed(AdmissionRequest request, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof MalformedObjectException malformed) {
      return AdmissionResponse.failed(request.uid(), 400, malformed.getMessage());
    }
    log.bug(request, cause);
    return AdmissionResponse.failed(
        request.uid(), 500, "internal error of rwop-guard; see its log");
  }

  /** Returns the answer to a body that was not evaluated. */
  private Answer refused(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof ReviewCapacity.AbandonedException) {
      return text(503, "the caller has gone");
    }
    if (cause instanceof ReviewCapacity.OverloadedException) {
      rejected.count(RejectedBodies.Reason.OVERLOAD);
      return text(503, "too many large reviews wait; send the request again");
    }
    log.bug(cause);
    return text(500, "internal error of rwop-guard; see its log");
  }

  private static Answer badReview(BadReviewException e) {
    if (e.exceedsLimit()) {
      return text(413, e.getMessage());
    }
    return e.uid().isEmpty()
        ? text(400, e.getMessage())
        : http(AdmissionResponse.failed(e.uid(), 400, e.getMessage()));
  }

  private static Answer text(int status, String message) {
    return new Answer(status, TEXT, Buffer.buffer(message + "\n"));
  }

  /**
   * Returns the HTTP response. A refusal is an answer with status 200. An internal error has status
   * 500: the API server then applies the failurePolicy, which is the cluster's own choice.
   */
  private static Answer http(AdmissionResponse response) {
    byte[] review = response.toReview();
    if (review.length > MOST_ANSWERED) {
      // a refusal stays one: a failing webhook would admit what has the most problems
      review = response.shortened().toReview();
    }
    if (review.length > MOST_ANSWERED) {
      return text(
          413, "the answer has more than the maximum of %d KiB".formatted(MOST_ANSWERED >> 10));
    }
    return new Answer(response.code() == 500 ? 500 : 200, JSON, Buffer.buffer(review));
  }

  private static void send(Answer answer, HttpServerResponse response, OpenRequest open) {
    if (response.closed() || response.ended()) {
      return;
    }
    response.setStatusCode(answer.status()).putHeader(HttpHeaders.CONTENT_TYPE, answer.type());
    if (answer.status() == 503) {
      response.putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    var unused = open.answer(answer.body());
  }
}
