package io.rwopguard.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.vertx.http.HttpsServerStart;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.EmptyInventory;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Makes the JVM compile the request path before an API server sends the first request. It evaluates
 * its own reviews, and calls its own port, while the inventory is read. It reports ready when that
 * is complete or has taken too long, with any result.
 */
@Singleton
@Readiness
final class WarmUp implements HealthCheck {

  private static final Logger LOG = Logger.getLogger(WarmUp.class);

  /** The UID of the requests that the service sends to itself, which logs and metrics ignore. */
  private static final String UID = UUID.randomUUID().toString();

  private static final List<String> PATHS = List.of("/validate", "/mutate");
  private static final List<String> REVIEWS = List.of("stateful-set", "deployment", "volume");

  /**
   * The number of evaluations. The JVM's first compiler starts at 200 calls of a method, and most
   * are called more than once each time.
   */
  private static final int DECISIONS = 150;

  /** The number of requests with each review to each path. */
  private static final int REQUESTS = 100;

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final Validator validator;
  private final Mutator mutator;
  private final Vertx vertx;
  private final boolean answers;
  private volatile boolean done;
  private volatile double seconds = Double.NaN;

  WarmUp(
      RwopGuardConfig config,
      Config settings,
      RepeatedEdits repeated,
      Vertx vertx,
      MeterRegistry registry) {
    EmptyInventory nowhere = new EmptyInventory();
    validator = new Validator(nowhere, config, settings, new Authors(config));
    mutator = new Mutator(nowhere, config, repeated);
    this.vertx = vertx;
    answers = config.run().contains(ProcessPart.ADMISSION);
    if (answers) {
      Gauge.builder("rwop_guard_warm_up_seconds", () -> seconds)
          .description("Duration of the warm-up before the process was ready; NaN until it ended")
          .register(registry);
    }
  }

  /** Returns whether the service has sent a request to itself. */
  static boolean sent(AdmissionRequest request) {
    return request.uid().equals(UID);
  }

  void listening(@ObservesAsync HttpsServerStart started) {
    if (!answers) {
      return;
    }
    // other observers wait until this one returns
    var unused = vertx.executeBlocking(() -> warmUp(started.options()), false);
  }

  private Void warmUp(HttpServerOptions server) {
    long start = System.nanoTime();
    long end = start + LONGEST.toNanos();
    try {
      List<String> reviews = REVIEWS.stream().map(WarmUp::review).toList();
      decide(reviews, end);
      ask(server, reviews, end);
    } catch (RuntimeException e) {
      LOG.debug("warming up ended early", e);
    } finally {
      seconds = (System.nanoTime() - start) / 1e9;
      done = true;
    }
    return null;
  }

  private static String review(String name) {
    try (InputStream json = WarmUp.class.getResourceAsStream("/warm-up/" + name + ".json")) {
      return new String(json.readAllBytes(), StandardCharsets.UTF_8).replace("UID", UID);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void decide(List<String> reviews, long end) {
    List<byte[]> bodies =
        reviews.stream().map(review -> review.getBytes(StandardCharsets.UTF_8)).toList();
    for (int i = 0; i < DECISIONS && System.nanoTime() < end; i++) {
      for (byte[] body : bodies) {
        decide(body, validator::decide);
        decide(body, mutator::decide);
      }
    }
  }

  private static void decide(
      byte[] body, Function<AdmissionRequest, CompletionStage<AdmissionResponse>> decision) {
    decision.apply(ReviewReader.read(body)).thenApply(AdmissionResponse::toReview);
  }

  /** Sends requests for deletions, whose evaluation needs no cluster. */
  private void ask(HttpServerOptions server, List<String> reviews, long end) {
    List<Buffer> deletions =
        reviews.stream()
            .map(review -> Buffer.buffer(review.replace("\"CREATE\"", "\"DELETE\"")))
            .toList();
    try (LoopbackClient port = new LoopbackClient(vertx, server)) {
      for (int i = 0; i < REQUESTS && System.nanoTime() < end; i++) {
        port.ask(PATHS, deletions, end);
      }
    }
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("warm-up").status(done || !answers).build();
  }
}
