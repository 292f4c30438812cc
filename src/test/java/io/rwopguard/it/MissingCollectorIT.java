package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.Metrics;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packaged service without a collector, with one that is gone, and with one that hangs. */
class MissingCollectorIT {

  private static final String SPANS = "rwop_guard_trace_spans_total{outcome=\"%s\"} ";
  private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(30);

  /** The last export may take half a second of the end; the rest is for a busy machine. */
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(4);

  private static final String REVIEW =
      """
      {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
       "request": {"uid": "%s", "operation": "DELETE", "namespace": "shop", "name": "db",
        "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"}}}
      """;

  private static String classes(ServiceProcess service) throws IOException {
    return Files.readString(service.directory().resolve(Path.of("classes.log")));
  }

  private static HttpResponse<String> send(
      ServiceProcess service, HttpClient client, String uid, String traceparent)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", "application/json")
            .header("traceparent", traceparent)
            .header("tracestate", "a".repeat(4_000))
            .POST(HttpRequest.BodyPublishers.ofString(REVIEW.formatted(uid)))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void nothing_of_opentelemetry_is_loaded_where_tracing_is_off() throws Exception {
    try (ServiceProcess off =
        new ServiceProcess(
            Map.of(
                "JAVA_TOOL_OPTIONS",
                "-Xlog:class+load:file=classes.log",
                "OTEL_SERVICE_NAME",
                "unused"))) {
      HttpClient client = HttpClient.newBuilder().sslContext(Tls.trusting(off.ca())).build();
      assertThat(send(off, client, "1", "malformed").statusCode()).isEqualTo(200);
      assertThat(off.management("/q/metrics").body()).doesNotContain("rwop_guard_trace");
      end(off);
      assertThat(classes(off).lines().filter(line -> line.contains("io.rwopguard.tracing.")))
          .isNotEmpty();
      assertThat(classes(off).lines().filter(line -> line.contains("io.opentelemetry"))).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "OTEL_EXPORTER_OTLP_PROTOCOL, grpc",
    "OTEL_EXPORTER_OTLP_CERTIFICATE, /top-secret/ca.crt",
    "OTEL_EXPORTER_OTLP_HEADERS, top-secret",
    "OTEL_BSP_MAX_QUEUE_SIZE, 0"
  })
  void a_wrong_variable_costs_the_traces_and_not_the_start(String name, String value)
      throws Exception {
    try (ServiceProcess wrong =
        new ServiceProcess(
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:top-secret@127.0.0.1:1", name, value))) {
      HttpClient client = HttpClient.newBuilder().sslContext(Tls.trusting(wrong.ca())).build();
      assertThat(send(wrong, client, "1", "00-%032x-%016x-01".formatted(1, 1)).statusCode())
          .isEqualTo(200);
      assertThat(wrong.log())
          .containsOnlyOnce("no traces are recorded: ")
          .doesNotContain("top-secret");
      assertThat(wrong.log().lines().filter(line -> line.contains("no traces are recorded")))
          .singleElement()
          .asString()
          .contains("ERROR", name);
    }
  }

  /** At first nothing listens, then every connection is taken and no answer ever comes. */
  @Test
  void a_collector_that_is_gone_or_hangs_delays_neither_reviews_nor_the_end() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (ServiceProcess traced = new ServiceProcess(environment(port))) {
      HttpClient client = HttpClient.newBuilder().sslContext(Tls.trusting(traced.ca())).build();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                review(traced, client, 10);
                assertThat(spans(traced, "failed")).isGreaterThan(20);
              });
      assertThat(traced.log())
          .containsOnlyOnce("the collector does not take spans (ConnectException)")
          .doesNotContain("top-secret", "top-password");

      List<Socket> taken = new CopyOnWriteArrayList<>();
      try (ServerSocket hanging = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
        Thread accepts = new Thread(() -> accept(hanging, taken), "hanging-collector");
        accepts.setDaemon(true);
        accepts.start();
        long start = System.nanoTime();
        review(traced, client, 300);
        // a single one that waited for the export would take as long as its timeout
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(EXPORT_TIMEOUT);
        assertThat(spans(traced, "dropped")).isPositive();
        assertThat(taken).isNotEmpty();

        assertThat(end(traced)).isLessThan(endWithoutTracing().plus(LONGEST_DELAY));
      }
    }
  }

  private static Duration end(ServiceProcess service) throws InterruptedException {
    long signal = System.nanoTime();
    service.sendSigterm();
    service.awaitExit();
    return Duration.ofNanos(System.nanoTime() - signal);
  }

  private static Duration endWithoutTracing() throws Exception {
    try (ServiceProcess off = new ServiceProcess(Map.of())) {
      HttpClient client = HttpClient.newBuilder().sslContext(Tls.trusting(off.ca())).build();
      review(off, client, 1);
      return end(off);
    }
  }

  private static void review(ServiceProcess service, HttpClient client, int times)
      throws IOException, InterruptedException {
    for (int i = 1; i <= times; i++) {
      String parent = "00-%032x-%016x-01".formatted(i, i);
      assertThat(send(service, client, "review-" + i, parent).body()).contains("review-" + i);
    }
  }

  private static double spans(ServiceProcess service, String outcome)
      throws IOException, InterruptedException {
    return Metrics.value(service.management("/q/metrics").body(), SPANS.formatted(outcome));
  }

  private static Map<String, String> environment(int port) {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://me:top-password@127.0.0.1:" + port,
        "OTEL_EXPORTER_OTLP_HEADERS",
        "authorization=top-secret",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        String.valueOf(EXPORT_TIMEOUT.toMillis()),
        "OTEL_JAVA_EXPORTER_OTLP_RETRY_DISABLED",
        "true",
        "OTEL_BSP_SCHEDULE_DELAY",
        "100",
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "20",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "10");
  }

  private static void accept(ServerSocket hanging, List<Socket> taken) {
    try {
      while (true) {
        taken.add(hanging.accept());
      }
    } catch (IOException closed) {
      // the test has ended
    }
  }
}
