package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.rwopguard.certificates.TestCertificates;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a client with BoringSSL trusts, and as whom it comes. */
class NativeTlsClientsTest {

  @TempDir private Path its;
  @TempDir private Path others;

  private final Vertx vertx = Vertx.vertx();
  private HttpServer server;

  @BeforeEach
  void makeCertificates() throws Exception {
    TestCertificates.make(its);
    TestCertificates.make(others);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private void serve(ClientAuth clients) throws Exception {
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setClientAuth(clients)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(its.resolve("tls.crt").toString())
                            .setKeyPath(its.resolve("tls.key").toString()))
                    // any client is accepted: what matters is that it presents a certificate
                    .setTrustOptions(
                        TrustOptions.wrap(
                            InsecureTrustManagerFactory.INSTANCE.getTrustManagers()[0])))
            .requestHandler(request -> request.response().end("{\"major\":\"1\"}"))
            .listen(0)
            .toCompletionStage()
            .toCompletableFuture()
            .get();
  }

  private ConfigBuilder config(String host, Path trusted) {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("https://" + host + ":" + server.actualPort())
        .withCaCertFile(trusted.resolve("ca.crt").toString())
        .withRequestRetryBackoffLimit(0);
  }

  private String version(ConfigBuilder config) {
    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(config.build())
            .withHttpClientFactory(new NativeTlsClients(vertx, true))
            .build()) {
      return client.getKubernetesVersion().getMajor();
    }
  }

  @Test
  void boringssl_is_there_on_linux() {
    assumeTrue(System.getProperty("os.name").equals("Linux"));
    assertThat(OpenSSLEngineOptions.isAvailable()).isTrue();
    assertThat(OpenSSLEngineOptions.isAlpnAvailable()).isTrue();
  }

  @Test
  void trusts_an_api_server_by_the_configured_ca() throws Exception {
    serve(ClientAuth.NONE);

    assertThat(version(config("localhost", its))).isEqualTo("1");
  }

  @Test
  void refuses_one_by_another_ca() throws Exception {
    serve(ClientAuth.NONE);
    ConfigBuilder config = config("localhost", others);

    assertThatThrownBy(() -> version(config))
        .isInstanceOf(KubernetesClientException.class)
        .hasStackTraceContaining("PKIX path");
  }

  @Test
  void refuses_one_at_an_address_that_its_certificate_is_not_for() throws Exception {
    serve(ClientAuth.NONE);
    ConfigBuilder config = config("127.0.0.2", its);

    assertThatThrownBy(() -> version(config))
        .isInstanceOf(KubernetesClientException.class)
        .hasStackTraceContaining("127.0.0.2");
  }

  @Test
  void presents_its_own_certificate() throws Exception {
    serve(ClientAuth.REQUIRED);

    assertThat(
            version(
                config("localhost", its)
                    .withClientCertFile(its.resolve("tls.crt").toString())
                    .withClientKeyData(Files.readString(its.resolve("tls.key")))
                    .withClientKeyAlgo("EC")))
        .isEqualTo("1");
  }

  @Test
  void is_refused_where_it_has_none() throws Exception {
    serve(ClientAuth.REQUIRED);
    ConfigBuilder config = config("localhost", its);

    assertThatThrownBy(() -> version(config)).isInstanceOf(KubernetesClientException.class);
  }
}
