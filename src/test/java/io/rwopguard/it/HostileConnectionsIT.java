package io.rwopguard.it;

import static io.rwopguard.testing.process.Metrics.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.network.HostileCallers;
import io.rwopguard.testing.network.HostileCallers.Habit;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Checks that callers that are no API server neither end the service nor keep it from answering an
 * API server within the webhooks' timeout. The heap is as in the container of the chart.
 */
class HostileConnectionsIT {

  private static final Map<String, String> HEAP_OF_THE_CHART =
      Map.of("JDK_JAVA_OPTIONS", "-Xmx134m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError");

  /** The timeout of the chart's webhooks. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final Duration ATTACK = Duration.ofSeconds(10);

  private static final Duration MORE_ATTACK = Duration.ofSeconds(60);

  private static final String ENDED = "rwop_guard_ended_requests_total{reason=\"limit\"} ";

  /** What the callers of an attack must have met. */
  private static final List<String> LIMITS =
      List.of(
          "rwop_guard_closed_connections_total{reason=\"no_request\"} ",
          ENDED,
          "rwop_guard_rejected_bodies_total{reason=\"too_large\"} ");

  private static final String REFUSED =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
       "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},
       "object":{"metadata":{"name":"%s"},"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"csi":{}}}}}
      """;

  @Test
  void answers_an_api_server_in_time_while_five_hundred_hostile_connections_are_open()
      throws Exception {
    try (ServiceProcess service =
        new ServiceProcess(
            HEAP_OF_THE_CHART,
            // so that bodies meet their own limits before those of their connections
            "rwop-guard.limits.connections=700",
            "rwop-guard.limits.request-timeout=3s")) {
      awaitReady(service);
      ApiServerCalls calls = new ApiServerCalls(service);
      calls.send("before");
      try (HostileCallers hostile = new HostileCallers(service.port())) {
        // before the others, whose handshakes would keep these requests from being open together
        hostile.start(Habit.NO_WINDOW, 40);
        Awaitility.await().atMost(MORE_ATTACK).until(() -> value(metrics(service), ENDED) > 0);
        hostile
            .start(Habit.NO_HANDSHAKE, 80)
            .start(Habit.SILENT, 80)
            .start(Habit.SLOW_HEAD, 100)
            .start(Habit.SLOW_BODY, 100)
            .start(Habit.LEAVES, 40)
            .start(Habit.DENSE_BODIES, 10)
            .start(Habit.LARGE_REVIEWS, 10)
            .start(Habit.BAD_REVIEWS, 40);
        calls.sendFor(ATTACK);
        // a slow machine takes longer to open so many connections that they meet each limit
        long end = System.nanoTime() + MORE_ATTACK.toNanos();
        while (!unmetLimits(service).isEmpty() && System.nanoTime() < end) {
          calls.sendFor(Duration.ofSeconds(1));
        }
        assertThat(hostile.connections()).isGreaterThan(500);
      }
      System.err.println("[hostile] " + calls);

      assertThat(calls.sent()).isGreaterThan(30);
      assertThat(calls.late).isEmpty();
      assertThat(unmetLimits(service)).isEmpty();
      // nothing of the capacity is lost to callers that left
      for (int i = 0; i < 20; i++) {
        calls.send("x".repeat(1 << 20));
      }
      assertThat(calls.late).isEmpty();
    }
  }

  @Test
  void closes_what_is_of_no_use_beyond_the_limit_and_keeps_the_connection_of_an_api_server()
      throws Exception {
    try (ServiceProcess service = new ServiceProcess("rwop-guard.limits.connections=64")) {
      awaitReady(service);
      ApiServerCalls calls = new ApiServerCalls(service);
      calls.send("before");
      try (HostileCallers hostile = new HostileCallers(service.port())) {
        hostile.start(Habit.SILENT, 100).start(Habit.NO_HANDSHAKE, 100);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> hostile.connections() > 400);
        for (int i = 0; i < 20; i++) {
          calls.send("during");
        }
      }
      assertThat(calls.late).isEmpty();
      assertThat(value(metrics(service), "rwop_guard_closed_connections_total{reason=\"limit\"} "))
          .isGreaterThan(100);
    }
  }

  @Test
  void tells_a_slow_caller_that_its_body_is_late() throws Exception {
    try (ServiceProcess service = new ServiceProcess("rwop-guard.limits.request-timeout=4s");
        SSLSocket socket =
            (SSLSocket)
                Tls.trusting(service.ca())
                    .getSocketFactory()
                    .createSocket("localhost", service.port())) {
      socket.setSoTimeout(10_000);
      String head =
          "POST /validate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n";
      socket.getOutputStream().write((head + "{").getBytes(StandardCharsets.US_ASCII));

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

      assertThat(answer)
          .startsWith("HTTP/1.1 408 ")
          .contains("the body did not arrive within 4 s; send it faster");
    }
  }

  @Test
  void closes_a_connection_with_more_than_one_request_at_a_time() throws Exception {
    try (ServiceProcess service = new ServiceProcess();
        SSLSocket socket =
            (SSLSocket)
                Tls.trusting(service.ca())
                    .getSocketFactory()
                    .createSocket("localhost", service.port())) {
      socket.setSoTimeout(10_000);
      InputStream answers = socket.getInputStream();
      byte[] request =
          "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      // one after the other is what clients do
      for (int i = 0; i < 3; i++) {
        socket.getOutputStream().write(request);
        assertThat(readAnswer(answers)).startsWith("HTTP/1.1 404 ");
      }

      byte[] many = new byte[1000 * request.length];
      for (int i = 0; i < 1000; i++) {
        System.arraycopy(request, 0, many, i * request.length, request.length);
      }
      String rest;
      try {
        socket.getOutputStream().write(many);
        rest = new String(answers.readAllBytes(), StandardCharsets.US_ASCII);
      } catch (IOException closed) {
        rest = "";
      }
      assertThat(rest.split("HTTP/1.1 404", -1)).hasSizeLessThan(10);
    }
  }

  /** Returns the limits that no caller has met yet. */
  private static List<String> unmetLimits(ServiceProcess service) throws Exception {
    String metrics = metrics(service);
    return LIMITS.stream().filter(limit -> value(metrics, limit) == 0).toList();
  }

  private static String metrics(ServiceProcess service) throws Exception {
    return service.management("/q/metrics").body();
  }

  private static String readAnswer(InputStream answers) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) answers.read());
    }
    int length =
        Integer.parseInt(head.toString().replaceFirst("(?is).*content-length: (\\d+).*", "$1"));
    answers.readNBytes(length);
    return head.toString();
  }

  private static void awaitReady(ServiceProcess service) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> service.health("ready") == 200);
  }

  /** Calls as an API server makes them: over an old connection, and now and then over a new one. */
  private static final class ApiServerCalls {

    private final SSLContext tls;
    private final URI validate;
    private final HttpClient old;
    private final List<String> late = new ArrayList<>();
    private final List<Long> millis = new ArrayList<>();

    ApiServerCalls(ServiceProcess service) throws Exception {
      tls = Tls.trusting(service.ca());
      validate = URI.create("https://localhost:" + service.port() + "/validate");
      old = client();
    }

    private HttpClient client() {
      return HttpClient.newBuilder().sslContext(tls).version(HttpClient.Version.HTTP_2).build();
    }

    int sent() {
      return millis.size();
    }

    void sendFor(Duration time) throws InterruptedException {
      long end = System.nanoTime() + time.toNanos();
      while (System.nanoTime() < end) {
        send("during");
        Thread.sleep(100);
      }
    }

    void send(String name) throws InterruptedException {
      boolean fresh = sent() % 5 == 4;
      HttpRequest request =
          HttpRequest.newBuilder(validate)
              .header("Content-Type", "application/json")
              .timeout(TIMEOUT)
              .POST(HttpRequest.BodyPublishers.ofString(REFUSED.formatted(name)))
              .build();
      long start = System.nanoTime();
      try {
        HttpResponse<String> answer =
            (fresh ? client() : old).send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200 || !answer.body().contains("\"allowed\":false")) {
          late.add(answer.statusCode() + " " + answer.body());
        }
      } catch (IOException e) {
        late.add((fresh ? "new connection: " : "old connection: ") + e);
      }
      millis.add((System.nanoTime() - start) / 1_000_000);
    }

    @Override
    public String toString() {
      List<Long> sorted = millis.stream().sorted().toList();
      return "%d calls, median %d ms, longest %d ms, failed %s"
          .formatted(
              sorted.size(), sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1), late);
    }
  }
}
