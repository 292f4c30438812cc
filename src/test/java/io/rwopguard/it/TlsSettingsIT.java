package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the TLS of the packaged service, with an RSA certificate: it allows more cipher suites than
 * those of elliptic curves that the service and the chart create.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsSettingsIT {

  private static final String PASSWORD = "changeit";

  /** TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA: no forward secrecy. */
  private static final int[] OF_RSA = {0x009c, 0x002f};

  private static final int HANDSHAKE = 22;
  private static final int ALERT = 21;

  private Path directory;
  private Path cluster;
  private SSLContext tls;

  @BeforeAll
  void createCertificate(@TempDir Path ofTheClass) throws Exception {
    directory = ofTheClass;
    Path store = directory.resolve("store.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    String arguments =
        "-genkeypair -alias a -keyalg RSA -dname CN=localhost -ext SAN=dns:localhost -storetype"
            + " PKCS12";
    List<String> command = new ArrayList<>(List.of(keytool));
    command.addAll(List.of(arguments.split(" ")));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    Process keys = new ProcessBuilder(command).inheritIO().start();
    assertThat(keys.waitFor()).isZero();
    KeyStore loaded = KeyStore.getInstance("PKCS12");
    try (InputStream file = Files.newInputStream(store)) {
      loaded.load(file, PASSWORD.toCharArray());
    }
    write("tls.crt", "CERTIFICATE", loaded.getCertificate("a").getEncoded());
    write("tls.key", "PRIVATE KEY", loaded.getKey("a", PASSWORD.toCharArray()).getEncoded());
    tls = Tls.trusting(directory.resolve("tls.crt"));
    cluster =
        Files.writeString(directory.resolve("kubeconfig"), ServiceProcess.UNREACHABLE_CLUSTER);
  }

  private void write(String file, String kind, byte[] content) throws IOException {
    Files.writeString(
        directory.resolve(file),
        "-----BEGIN %s-----%n%s%n-----END %s-----%n"
            .formatted(kind, Base64.getMimeEncoder().encodeToString(content), kind));
  }

  private ServiceProcess start(String... settings) throws IOException {
    Set<String> all = new HashSet<>(Set.of(settings));
    all.add("rwop-guard.tls.certificate=" + directory.resolve("tls.crt").toAbsolutePath());
    all.add("rwop-guard.tls.key=" + directory.resolve("tls.key").toAbsolutePath());
    // so that the management port has TLS, too; no API server is asked for a handshake
    all.add(ServiceProcess.SECURE);
    all.add("rwop-guard.kubeconfig=" + cluster);
    return new ServiceProcess(all.toArray(String[]::new));
  }

  private SSLSocket connect(int port, String protocol, String... suites) throws IOException {
    SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", port);
    socket.setEnabledProtocols(new String[] {protocol});
    if (suites.length > 0) {
      socket.setEnabledCipherSuites(suites);
    }
    return socket;
  }

  /** The cipher suites of TLS 1.2 that a port accepts, of those that this JDK has. */
  private Set<String> accepted(int port) throws IOException {
    Set<String> accepted = new HashSet<>();
    for (String suite : tls.getSupportedSSLParameters().getCipherSuites()) {
      try (SSLSocket socket = connect(port, "TLSv1.2", suite)) {
        socket.startHandshake();
        accepted.add(socket.getSession().getCipherSuite());
      } catch (SSLException | IllegalArgumentException refused) {
        // by the service, or by this JDK
      }
    }
    return accepted;
  }

  /** The type of the first record with which a port answers a ClientHello. */
  private static int answerTo(int port, int... suites) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(Tls.clientHelloOfTls12(suites));
      return socket.getInputStream().read();
    }
  }

  private static int status(SSLContext tls, ServiceProcess service) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .build();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    return answer.statusCode();
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "jdk"})
  void offers_only_suites_with_forward_secrecy_and_authenticated_encryption(String engine)
      throws Exception {
    try (ServiceProcess service = start("rwop-guard.tls.engine=" + engine)) {
      for (int port : new int[] {service.port(), service.managementPort()}) {
        assertThat(accepted(port))
            .isNotEmpty()
            .allSatisfy(suite -> assertThat(suite).matches("TLS_ECDHE_RSA_.*_(GCM|CHACHA20)_?.*"));
        assertThat(answerTo(port, OF_RSA)).isEqualTo(ALERT);
      }
      assertThat(status(tls, service)).isEqualTo(405);
      assumeTrue(Files.exists(Path.of("/proc/self/maps")), "the rest is for Linux");
      assertThat(loadsBoringSsl(service)).isEqualTo(engine.equals("native"));
    }
  }

  /** Returns whether the process has mapped the library, which netty-tcnative unpacks. */
  private static boolean loadsBoringSsl(ServiceProcess service) throws IOException {
    return Files.readString(Path.of("/proc", Long.toString(service.pid()), "maps"))
        .contains("netty_tcnative");
  }

  @Test
  void other_suites_would_be_offered_if_they_were_set() throws Exception {
    // so that the assertions above can fail
    try (ServiceProcess service =
        start("quarkus.tls.rwop-guard.cipher-suites=TLS_RSA_WITH_AES_128_GCM_SHA256")) {
      assertThat(answerTo(service.port(), OF_RSA)).isEqualTo(HANDSHAKE);
      assertThat(answerTo(service.managementPort(), OF_RSA)).isEqualTo(HANDSHAKE);
    }
  }

  @Test
  void tls_1_3_alone_is_spoken_where_it_is_the_minimum() throws Exception {
    try (ServiceProcess service = start("quarkus.tls.rwop-guard.protocols=TLSv1.3")) {
      for (int port : new int[] {service.port(), service.managementPort()}) {
        try (SSLSocket old = connect(port, "TLSv1.2")) {
          assertThatThrownBy(old::startHandshake).isInstanceOf(SSLException.class);
        }
        try (SSLSocket socket = connect(port, "TLSv1.3")) {
          socket.startHandshake();
          assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
        }
      }
      assertThat(status(tls, service)).isEqualTo(405);
    }
  }
}
