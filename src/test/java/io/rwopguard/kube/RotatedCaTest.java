package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.certificates.TestCertificates;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client of an API server whose CA is rotated while the client is in use. */
class RotatedCaTest {

  /** Two ways to create the client: the service's and that of a command. */
  enum Made {
    FOR_THE_SERVICE {
      @Override
      ReloadingClients factory(Vertx vertx) {
        return new NativeTlsClients(vertx, true);
      }
    },
    FOR_A_COMMAND {
      @Override
      ReloadingClients factory(Vertx vertx) {
        return new ReloadingClients(vertx);
      }
    };

    abstract ReloadingClients factory(Vertx vertx);
  }

  @TempDir private Path old;
  @TempDir private Path next;
  @TempDir private Path mount;

  private final Vertx vertx = Vertx.vertx();
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    TestCertificates.make(old);
    TestCertificates.make(next);
    trust(Files.readString(old.resolve("ca.crt")));
    serve(old, 0);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private void trust(String pem) throws IOException {
    Path draft = Files.writeString(mount.resolve("draft"), pem);
    Files.move(
        draft,
        mount.resolve("ca.crt"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private void serve(Path certificates, int port) throws Exception {
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(certificates.resolve("tls.crt").toString())
                            .setKeyPath(certificates.resolve("tls.key").toString())))
            .requestHandler(request -> request.response().end("{\"major\":\"1\"}"))
            .listen(port)
            .toCompletionStage()
            .toCompletableFuture()
            .get();
  }

  private void replace(Path certificates) throws Exception {
    int port = server.actualPort();
    server.close().toCompletionStage().toCompletableFuture().get();
    serve(certificates, port);
  }

  private KubernetesClient client(Made made) {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://localhost:" + server.actualPort())
            .withCaCertFile(mount.resolve("ca.crt").toString())
            .withRequestRetryBackoffLimit(0)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientFactory(made.factory(vertx))
        .build();
  }

  private static void assertTrusted(KubernetesClient client) {
    assertThat(client.getKubernetesVersion().getMajor()).isEqualTo("1");
  }

  private static void assertRefused(KubernetesClient client) {
    assertThatThrownBy(client::getKubernetesVersion)
        .isInstanceOf(KubernetesClientException.class)
        .hasStackTraceContaining("PKIX path");
  }

  @ParameterizedTest
  @EnumSource
  void trusts_the_new_ca_as_soon_as_the_file_has_it_and_the_old_one_no_longer(Made made)
      throws Exception {
    try (KubernetesClient client = client(made)) {
      assertTrusted(client);
      replace(next);
      assertRefused(client);
      trust(Files.readString(next.resolve("ca.crt")));
      assertTrusted(client);
      replace(old);
      assertRefused(client);
    }
  }

  @ParameterizedTest
  @EnumSource
  void trusts_both_while_the_file_has_both(Made made) throws Exception {
    try (KubernetesClient client = client(made)) {
      assertTrusted(client);
      trust(Files.readString(next.resolve("ca.crt")) + Files.readString(old.resolve("ca.crt")));
      replace(next);
      assertTrusted(client);
      replace(old);
      assertTrusted(client);
    }
  }

  @ParameterizedTest
  @EnumSource
  void keeps_the_last_good_ones_while_the_file_is_of_no_use(Made made) throws Exception {
    String good = Files.readString(old.resolve("ca.crt"));
    try (KubernetesClient client = client(made)) {
      assertTrusted(client);
      for (String bad :
          new String[] {
            "",
            good.substring(0, good.length() / 2),
            good + "x".repeat(9) + good.substring(0, 200),
            "nonsense"
          }) {
        trust(bad);
        replace(old);
        assertTrusted(client);
      }
      Files.delete(mount.resolve("ca.crt"));
      replace(old);
      assertTrusted(client);
      trust(Files.readString(next.resolve("ca.crt")));
      replace(next);
      assertTrusted(client);
    }
  }
}
