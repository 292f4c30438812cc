package io.rwopguard.it;

import static io.rwopguard.testing.process.Metrics.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.DocumentedMetrics;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the packaged service with its embedded defaults: no cluster, no configuration, its own
 * certificate.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StandaloneServiceIT {

  private static final String REFUSED =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
       "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},
       "object":{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"csi":{}}}}}
      """;

  private ServiceProcess service;
  private SSLContext tls;

  @BeforeAll
  void start() throws Exception {
    service = new ServiceProcess();
    tls = Tls.trusting(service.ca());
  }

  @AfterAll
  void stop() {
    service.close();
  }

  @Test
  void prints_a_curl_line_that_shows_a_refused_volume() throws Exception {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> service.log().contains("  curl --cacert"));
    String line =
        service.log().lines().filter(text -> text.startsWith("  curl ")).findFirst().orElseThrow();

    Process curl =
        new ProcessBuilder("sh", "-c", line).directory(service.directory().toFile()).start();
    String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(curl.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(curl.exitValue()).isZero();
    assertThat(answer).contains("\"allowed\":false").contains("sole-access-mode");
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void speaks_http_1_1_and_http_2(HttpClient.Version version) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(tls).version(version).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(REFUSED))
            .build();

    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());

    assertThat(answer.version()).isEqualTo(version);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"uid\":\"u\"").contains("\"allowed\":false");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void speaks_tls_1_2_and_up(String protocol) throws IOException {
    try (SSLSocket socket = connect(protocol)) {
      socket.startHandshake();
      assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
    }
  }

  @Test
  void offers_no_older_tls() throws Exception {
    // the client of this JDK refuses to speak it as well, so the test writes the handshake itself:
    // a TLS 1.1 ClientHello
    byte[] hello = Tls.clientHelloOfTls11();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(hello);
      byte[] answer = socket.getInputStream().readNBytes(7);
      // an alert (21), fatal (2), protocol_version (70)
      assertThat(answer[0]).isEqualTo((byte) 21);
      assertThat(answer[5]).isEqualTo((byte) 2);
      assertThat(answer[6]).isEqualTo((byte) 70);
    }
  }

  @Test
  void serves_health_and_metrics_on_the_management_port() throws Exception {
    for (String which : new String[] {"live", "ready", "started"}) {
      Awaitility.await(which)
          .atMost(Duration.ofSeconds(20))
          .until(() -> service.health(which) == 200);
    }
    assertThat(service.management("/q/metrics").body())
        .contains(
            "rwop_guard_admission_duration_seconds_count{outcome=\"denied\",webhook=\"validate\"}");
  }

  @Test
  void measures_beyond_the_timeout_of_an_api_server_and_says_what_runs() throws Exception {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> service.health("ready") == 200);
    String metrics = service.management("/q/metrics").body();

    assertThat(metrics)
        .contains(
            "_duration_seconds_bucket{outcome=\"denied\",webhook=\"validate\",le=\"2.0\"}",
            "_duration_seconds_bucket{outcome=\"denied\",webhook=\"validate\",le=\"5.0\"}")
        .containsPattern(
            "rwop_guard_build_info\\{run=\"admission,certificates,failover\",version=\"[0-9.]+[^\"]*\"} 1\\.0");
    assertThat(value(metrics, "rwop_guard_warm_up_seconds ")).isBetween(0.001, 20.0);
    DocumentedMetrics.assertServesAll("Every process", "Admission", metrics);
    DocumentedMetrics.assertServesAll("Admission", "Cluster", metrics);
  }

  @Test
  void counts_the_bodies_that_it_does_not_evaluate() throws Exception {
    Map<String, Double> before = rejected();

    post("text/xml", REFUSED.getBytes(StandardCharsets.UTF_8));
    post("application/json", "{}".getBytes(StandardCharsets.UTF_8));
    post("application/json", new byte[9 << 20]);

    assertThat(rejected())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "not_json", before.get("not_json") + 1,
                "not_a_review", before.get("not_a_review") + 1,
                "too_large", before.get("too_large") + 1));
  }

  private void post(String type, byte[] body) throws Exception {
    // a body that is refused over HTTP/2 ends other requests of that connection
    HttpClient client =
        HttpClient.newBuilder().sslContext(tls).version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isBetween(400, 499);
  }

  private Map<String, Double> rejected() throws Exception {
    String metrics = service.management("/q/metrics").body();
    Map<String, Double> counts = new HashMap<>();
    for (String reason : List.of("not_json", "not_a_review", "too_large")) {
      counts.put(
          reason,
          value(metrics, "rwop_guard_rejected_bodies_total{reason=\"%s\"} ".formatted(reason)));
    }
    return counts;
  }

  @Test
  void keeps_the_key_of_its_certificate_to_its_owner() throws IOException {
    Path key = service.directory().resolve("certs/tls.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(service.log()).doesNotContain("PRIVATE KEY");
  }

  @Test
  void never_joins_the_cluster_of_the_users_own_kubeconfig() throws Exception {
    Path home = Files.createDirectories(service.directory().resolve("home/.kube")).getParent();
    Files.writeString(home.resolve(".kube/config"), ServiceProcess.UNREACHABLE_CLUSTER);
    try (ServiceProcess other = new ServiceProcess("user.home=" + home.toAbsolutePath())) {
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> other.health("ready") == 200);
      assertThat(other.log()).contains("No cluster is configured").doesNotContain("127.0.0.1:1");
    }
  }

  @Test
  void is_live_but_not_ready_while_its_cluster_cannot_be_reached() throws Exception {
    Path kubeconfig = service.directory().resolve("unreachable");
    Files.writeString(kubeconfig, ServiceProcess.UNREACHABLE_CLUSTER);
    try (ServiceProcess other = new ServiceProcess("rwop-guard.kubeconfig=" + kubeconfig)) {
      assertThat(other.health("live")).isEqualTo(200);
      assertThat(other.health("ready")).isEqualTo(503);
      assertThat(other.management("/q/health/ready").body()).contains("\"https\"");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> other.log().contains("Watching persistentvolumeclaims failed, trying again"));
    }
  }

  @Test
  void answers_what_the_documents_show() throws Exception {
    List<String> shown = Files.readAllLines(Path.of("docs/getting-started.md"));
    int asked =
        IntStream.range(0, shown.size())
            .filter(line -> shown.get(line).startsWith("$ curl"))
            .findFirst()
            .orElseThrow();
    String body = shown.get(asked).replaceFirst(".* -d '([^']*)'.*", "$1");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();

    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).body())
        .isEqualTo(shown.get(asked + 1));
  }

  @Test
  void logs_bad_input_in_one_line_that_no_client_can_forge() throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
    String forged = REFUSED.replace("\"u\"", "\"forged\\n2026-01-01 ERROR all is lost\"");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(forged.replace("\"object\"", "\"objekt\"")))
            .build();

    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());

    assertThat(answer.body()).contains("\"code\":400").contains("request.object");
    assertThat(service.log().lines().filter(line -> line.contains("all is lost")))
        .singleElement()
        .satisfies(line -> assertThat(line).contains("bad request to /validate: uid=forged?2026"));
    assertThat(service.log()).doesNotContain("\tat ");
  }

  private SSLSocket connect(String protocol) throws IOException {
    SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", service.port());
    socket.setEnabledProtocols(new String[] {protocol});
    return socket;
  }
}
