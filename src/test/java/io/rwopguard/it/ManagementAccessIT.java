package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.Flood;
import io.rwopguard.testing.apiserver.SecureController;
import io.rwopguard.testing.process.ServiceProcess;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The management port of a controller, if it is secure: a real API server says who may read it. The
 * controller has the two rights to ask it, and no others.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ManagementAccessIT {

  private static final String METRIC = "rwop_guard_build_info";
  private static final String REPORT = "\"mode\"";

  private SecureController controller;
  private ServiceProcess service;
  private String reader;
  private String tenant;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    controller = new SecureController(ApiServer.running(), directory);
    service = controller.service();
    reader = controller.reader();
    tenant = controller.tenant();
    awaitStatus("/failover", 200);
    // the first refusals are in the log
    assertThat(status(tenant)).isEqualTo(403);
  }

  @AfterAll
  void stop() throws Exception {
    if (controller != null) {
      controller.close();
    }
  }

  private void awaitStatus(String path, int status) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> controller.get(path, reader).statusCode() == status);
  }

  @Test
  void a_reader_gets_the_metrics_and_the_report() throws Exception {
    HttpResponse<String> metrics = controller.get("/q/metrics", reader);
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.body()).contains(METRIC);
    assertThat(controller.get("/failover?x=/q/health/live", reader).body()).contains(REPORT);
  }

  @Test
  void a_right_is_for_one_path() throws Exception {
    HttpResponse<String> answer = controller.get("/q/health", reader);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body())
        .contains("User system:serviceaccount:management-access:reader may not get /q/health.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/failover", "/q/metrics", "/q/health", "/q/health/well", "/q/health/group"})
  void no_one_else_gets_anything_but_the_reason(String path) throws Exception {
    HttpResponse<String> without = service.management(path);
    assertThat(without.statusCode()).isEqualTo(401);
    assertThat(without.headers().firstValue("WWW-Authenticate"))
        .contains("Bearer realm=\"rwop-guard\"");
    assertThat(without.body()).contains("kubectl create token");

    HttpResponse<String> forbidden = controller.get(path, tenant);
    assertThat(forbidden.statusCode()).isEqualTo(403);
    assertThat(forbidden.body())
        .isEqualTo(
            "User system:serviceaccount:management-access:tenant may not get %s. Bind a ClusterRole that allows it, such as the-reader, to this user with a ClusterRoleBinding.%n",
            path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/x1", "/version", "/healthz", "/q/nothing", "/q/metrics/x"})
  void a_path_that_does_not_exist_causes_no_question(String path) throws Exception {
    String without = service.management(path).body();
    assertThat(without).contains("This path does not exist.", "/q/metrics, /failover");
    // Kubernetes lets every authenticated user get some of them; more than any limit
    for (int i = 0; i < 30; i++) {
      for (String token : List.of(reader, tenant, "nonsense-" + i)) {
        HttpResponse<String> answer = controller.once(path, token);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo(without);
      }
    }
  }

  @Test
  void a_token_that_the_api_server_does_not_accept_is_refused() throws Exception {
    for (String wrong :
        List.of(
            "nonsense",
            reader + "x",
            controller.token("reader", "--audience=another"),
            "a".repeat(9000))) {
      HttpResponse<String> answer = controller.get("/failover", wrong);
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
          .contains("error=\"invalid_token\"");
    }
  }

  @Test
  void what_kubelets_probe_is_open() throws Exception {
    assertThat(service.health("live")).isEqualTo(200);
    assertThat(service.health("started")).isEqualTo(200);
    assertThat(service.health("ready")).isIn(200, 503);
    assertThat(service.management("/q/health/live", "Authorization", "Bearer wrong").statusCode())
        .isEqualTo(200);
  }

  /** A method, and targets for it, in each line. */
  private static final String ODD_REQUESTS =
      """
      GET //failover /failover/ /./failover /q/../failover /%66ailover /failover%2f /failover;a=b
      GET /FAILOVER /failover# \\failover failover http://localhost/failover
      GET https://localhost/q/health/live/../../../failover /q/health/live/../../../failover
      GET /q/health/live/..;/..;/..;/failover /q/health/live/%2e%2e/%2e%2e/%2e%2e/failover
      GET /q/health/live%3f/../../../failover /q/health/live?/../../../failover
      GET /q/health/../metrics /q//metrics /q/metrics/ /Q/metrics /metrics /q/health/live/../
      HEAD /failover /q/metrics
      OPTIONS /q/metrics *
      POST /failover /q/metrics
      get /failover
      TRACE /q/metrics
      CONNECT localhost:443
      """;

  static Stream<String> oddRequests() {
    return ODD_REQUESTS
        .lines()
        .map(line -> line.split(" ", -1))
        .flatMap(words -> Stream.of(words).skip(1).map(target -> words[0] + " " + target));
  }

  @ParameterizedTest
  @MethodSource("oddRequests")
  void no_way_to_write_a_request_avoids_the_question(String line) throws Exception {
    boolean isLive = line.startsWith("GET /q/health/live?");
    for (String header : List.of("", "Authorization: Bearer " + tenant + "\r\n")) {
      String answer =
          controller.send(
              line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n");
      assertThat(answer).doesNotContain(METRIC).doesNotContain(REPORT);
      // the query of a probe has no meaning
      assertThat(answer).matches(isLive ? "(?s)HTTP/1.1 200 .*" : "(?s)(HTTP/1.[01] [45].*)?");
    }
  }

  @Test
  void headers_that_name_another_path_or_method_have_no_meaning() throws Exception {
    for (String header :
        List.of(
            "X-Original-URL: /failover",
            "X-Forwarded-Prefix: /failover",
            "X-HTTP-Method-Override: GET",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Uri: /failover")) {
      String answer =
          controller.send(
              "GET /q/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                  + header
                  + "\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 200 ").doesNotContain(REPORT);
    }
    String twice =
        controller.send(
            "GET /failover HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer %s\r\nAuthorization: Bearer %s\r\n\r\n"
                .formatted(reader, tenant));
    assertThat(twice).startsWith("HTTP/1.1 401 ");
  }

  @Test
  void without_tls_there_is_no_answer() throws Exception {
    String answer = controller.sendPlain("GET /q/health/live HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer).doesNotContain("HTTP/");
  }

  @Test
  void a_right_that_is_revoked_ends() throws Exception {
    assertThat(controller.get("/failover", reader).statusCode()).isEqualTo(200);
    controller.revoke();
    try {
      awaitStatus("/failover", 403);
    } finally {
      controller.grant();
    }
    awaitStatus("/failover", 200);
  }

  @Test
  void a_flood_of_tokens_is_limited_and_a_known_reader_is_still_served() throws Exception {
    assertThat(controller.get("/q/metrics", reader).statusCode()).isEqualTo(200);
    try (Flood flood = new Flood(controller, "/q/metrics")) {
      for (int i = 0; i < 2; i++) {
        flood.statuses();
        // the last answer no longer counts
        Thread.sleep(1100);
        assertThat(controller.once("/q/metrics", reader).statusCode()).isEqualTo(200);
        List<Integer> meanwhile = flood.statuses();
        assertThat(meanwhile).containsOnly(401, 429).contains(429);
        // three a second of one address, and six at the start
        assertThat(meanwhile.stream().filter(status -> status == 401)).hasSizeLessThan(15);
      }
    }
  }

  private int status(String token) throws Exception {
    return controller.get("/failover", token).statusCode();
  }

  @Test
  void no_token_is_in_the_log() throws Exception {
    String secret = "this-is-a-secret-that-no-one-knows";
    assertThat(status(secret)).isEqualTo(401);
    assertThat(service.log())
        .contains("refused /failover for user system:serviceaccount:management-access:tenant")
        .doesNotContain(secret)
        .doesNotContain(reader)
        .doesNotContain(tenant);
  }

  @Order(Integer.MAX_VALUE - 1)
  @Test
  void callers_that_have_gone_do_not_wait() throws Exception {
    assertThat(status(reader)).isEqualTo(200);
    // the API server answers nothing for four seconds
    controller.stall();
    List<Socket> waiting = new ArrayList<>();
    try {
      boolean isFull = false;
      for (int i = 0; i < 200 && !isFull; i++) {
        Socket next = controller.request("/failover", "waits");
        waiting.add(next);
        if (!beginning(next, 50).isEmpty()) {
          // before that, the limit of an address after other tests
          isFull = waiting.size() > 16;
          waiting.remove(next);
          next.close();
          Thread.sleep(20);
        }
      }
      assertThat(waiting).hasSizeGreaterThanOrEqualTo(16);
      assertThat(isFull).isTrue();
    } finally {
      for (Socket each : waiting) {
        each.close();
      }
    }
    // before the question ends, which lets all others go, too
    Awaitility.await()
        .atMost(Duration.ofMillis(1500))
        .until(() -> !beginning(controller.request("/failover", "waits"), 300).contains(" 429"));
  }

  /** Returns the first bytes of an answer; none if it does not come soon. */
  private static String beginning(Socket socket, int millis) throws Exception {
    socket.setSoTimeout(millis);
    try {
      return new String(socket.getInputStream().readNBytes(13), StandardCharsets.ISO_8859_1);
    } catch (SocketTimeoutException e) {
      return "";
    }
  }

  @Order(Integer.MAX_VALUE)
  @Test
  void while_the_api_server_cannot_be_asked_no_token_is_valid() throws Exception {
    awaitStatus("/failover", 200);
    controller.cutOff();
    awaitStatus("/failover", 503);
    for (String token : List.of(reader, tenant, "nonsense")) {
      HttpResponse<String> answer = controller.get("/q/metrics", token);
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body())
          .contains("The API server could not be asked")
          .doesNotContain(METRIC);
    }
    assertThat(service.management("/failover").statusCode()).isEqualTo(401);
    assertThat(service.health("live")).isEqualTo(200);
    assertThat(service.log()).contains("TokenReview: ");
  }
}
