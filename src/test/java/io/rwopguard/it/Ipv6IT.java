package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rwopguard.testing.apiserver.MountedAccount;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.ReplaceableApiServer;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.PackagedProgram;
import io.rwopguard.testing.process.Program;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cluster of IPv6 alone: the API server listens at no address of IPv4, and nothing asks the
 * service at one. {@link RunsForMonthsIT} has the account of a Pod in such a cluster.
 */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Ipv6IT {

  @TempDir private static Path mount;
  @TempDir private static Path directory;

  private ReplaceableApiServer api;
  private Path kubeconfig;

  @BeforeAll
  void start() throws Exception {
    assumeTrue(ReplaceableApiServer.loopback().equals("::1"), "skipped: this machine has no IPv6");
    api = new ReplaceableApiServer("::1");
    MountedAccount account = new MountedAccount(api, mount);
    assertThat(account.token()).isNotEmpty();
    kubeconfig =
        Files.writeString(
            directory.resolve("kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            current-context: it
            contexts: [{name: it, context: {cluster: it, user: it}}]
            clusters: [{name: it, cluster: {server: "%s", certificate-authority: "%s"}}]
            users: [{name: it, user: {tokenFile: "%s"}}]
            """
                .formatted(api.url(), mount.resolve("ca.crt"), mount.resolve("token")));
  }

  @AfterAll
  void stop() {
    if (api != null) {
      api.close();
    }
  }

  private static int ask(URI uri, Path ca) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(20))
            .build();
    return HttpClient.newBuilder()
        .sslContext(Tls.trusting(ca))
        .build()
        .send(request, HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  /** The default, and what an administrator may set. */
  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::"})
  void a_service_serves_and_is_ready_by_ipv6(String host) throws Exception {
    try (ServiceProcess service =
        new ServiceProcess(
            "quarkus.http.host=" + host,
            "quarkus.management.host=" + host,
            "rwop-guard.kubeconfig=" + kubeconfig)) {
      Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> service.health("ready") == 200);
      // by the address, for which the development certificate is made too
      assertThat(
              ask(URI.create("https://[::1]:%d/validate".formatted(service.port())), service.ca()))
          .isEqualTo(405);
      assertThat(
              ask(
                  URI.create("http://[::1]:%d/q/health/ready".formatted(service.managementPort())),
                  service.ca()))
          .isEqualTo(200);
      assertThat(service.log()).doesNotContain("trying again");
    }
  }

  @Test
  void a_command_asks_an_api_server_at_an_address_of_ipv6() {
    assertThat(isOpen("127.0.0.1", api.port())).as("the API server listens to IPv4").isFalse();
    Program program =
        Program.run(
            new ProcessBuilder(
                    PackagedProgram.shortLived(
                        List.of(),
                        "migrate",
                        "default/nothing",
                        "--kubeconfig",
                        kubeconfig.toString()))
                .redirectErrorStream(true),
            "",
            Program.PATIENCE);
    assertThat(program.output()).contains("claim default/nothing does not exist").hasLineCount(1);
  }

  private static boolean isOpen(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
