package io.rwopguard.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rwopguard.log.RateLimitedLog;
import io.rwopguard.model.Printable;
import io.rwopguard.rules.Finding;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Logs and measures the requests: one line for each request with findings or an error, up to a
 * number of lines a minute, metrics, and Events if they are enabled.
 */
@Singleton
final class AdmissionLog {

  private static final Logger LOG = Logger.getLogger("io.rwopguard.admission");
  private static final int LONGEST = 300;

  /** The outcome of a request. */
  private enum Outcome {
    ALLOWED,
    PATCHED,
    DENIED,
    BAD_REQUEST,
    FAILED
  }

  /** Denials have a separate limit, so that nothing else hides them. */
  private final RateLimitedLog denials = new RateLimitedLog(LOG, "denied reviews", 600);

  private final RateLimitedLog reviews = new RateLimitedLog(LOG, "reviews with findings", 600);
  private final RateLimitedLog badRequests = new RateLimitedLog(LOG, "bad requests", 60);
  private final RateLimitedLog bugs = new RateLimitedLog(LOG, "internal errors", 20);
  private final MeterRegistry registry;
  private final RejectedBodies rejected;
  private final DenialEvents events;
  private final Map<Webhook, Map<Outcome, Timer>> timers = new EnumMap<>(Webhook.class);

  AdmissionLog(MeterRegistry registry, RejectedBodies rejected, DenialEvents events) {
    this.registry = registry;
    this.events = events;
    this.rejected = rejected;
    for (Webhook webhook : Webhook.values()) {
      Map<Outcome, Timer> ofWebhook = new EnumMap<>(Outcome.class);
      for (Outcome outcome : Outcome.values()) {
        ofWebhook.put(
            outcome,
            Timer.builder("rwop_guard_admission_duration")
                .description("Duration of admission requests in the service")
                .tag("webhook", webhook.label())
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .serviceLevelObjectives(
                    Duration.ofMillis(1),
                    Duration.ofMillis(5),
                    Duration.ofMillis(25),
                    Duration.ofMillis(100),
                    Duration.ofMillis(500),
                    // the chart's timeout of an API server is two seconds
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(5))
                .register(registry));
      }
      timers.put(webhook, ofWebhook);
    }
  }

  void answered(
      Webhook webhook, AdmissionRequest request, AdmissionResponse response, long startNanos) {
    if (WarmUp.sent(request)) {
      return;
    }
    Outcome outcome = outcome(response);
    took(webhook, outcome, startNanos);
    response.findings().forEach(this::count);
    if (request.dryRun() && outcome != Outcome.BAD_REQUEST) {
      return;
    }
    if (outcome == Outcome.DENIED) {
      found(denials, "denied", request, response);
      events.denied(request, response);
    } else if (!response.findings().isEmpty()) {
      found(reviews, "let through", request, response);
    } else if (outcome == Outcome.BAD_REQUEST) {
      badRequests.warnf(
          "bad request to /%s: uid=%s %s: %s",
          webhook.label(), printable(request.uid()), about(request), printable(response.message()));
    }
  }

  void badReview(Webhook webhook, BadReviewException problem, long startNanos) {
    took(webhook, Outcome.BAD_REQUEST, startNanos);
    rejected.count(
        problem.exceedsLimit()
            ? RejectedBodies.Reason.TOO_LARGE
            : RejectedBodies.Reason.NOT_A_REVIEW);
    badRequests.warnf(
        "bad request to /%s: uid=%s %s",
        webhook.label(),
        problem.uid().isEmpty() ? "none" : printable(problem.uid()),
        printable(problem.getMessage()));
  }

  void bug(AdmissionRequest request, Throwable failure) {
    bugs.errorf(failure, "failed on %s: uid=%s", about(request), printable(request.uid()));
  }

  void bug(Throwable failure) {
    bugs.errorf(failure, "failed on a review");
  }

  private void took(Webhook webhook, Outcome outcome, long startNanos) {
    timers.get(webhook).get(outcome).record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
  }

  private static void found(
      RateLimitedLog log, String what, AdmissionRequest request, AdmissionResponse response) {
    log.infof(
        "%s %s: uid=%s rules=%s",
        what,
        about(request),
        printable(request.uid()),
        response.findings().stream()
            .map(Finding::rule)
            .distinct()
            .collect(Collectors.joining(",")));
  }

  private void count(Finding finding) {
    registry
        .counter(
            "rwop_guard_findings", "rule", finding.rule(), "severity", finding.severity().label())
        .increment();
  }

  private static Outcome outcome(AdmissionResponse response) {
    return switch (response.code()) {
      case 200 -> response.patch().isEmpty() ? Outcome.ALLOWED : Outcome.PATCHED;
      case 403 -> Outcome.DENIED;
      case 400 -> Outcome.BAD_REQUEST;
      default -> Outcome.FAILED;
    };
  }

  private static String about(AdmissionRequest request) {
    String name = request.namespace().isEmpty() ? "" : request.namespace() + "/";
    return printable(
        request.operation() + " of " + request.kindName() + " " + name + request.name());
  }

  /** Returns the text as one line: a name with a line break in it must not forge a log entry. */
  static String printable(String text) {
    return Printable.line(Printable.beginning(text, LONGEST));
  }
}
