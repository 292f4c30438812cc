package io.rwopguard.testing.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.rwopguard.certificates.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.function.BiFunction;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An HTTPS server of a test's own that is sent JSON and answers with JSON, by the path. */
public final class TestHttpsServer implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();

  /** Makes the server answer with another status than 200, and with nothing else. */
  public static final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int status;

    public Refusal(int status) {
      this.status = status;
    }
  }

  private final HttpsServer server;
  private final Path directory;
  private final BiFunction<String, JsonNode, JsonNode> answers;

  public TestHttpsServer(BiFunction<String, JsonNode, JsonNode> answers) throws IOException {
    this.answers = answers;
    directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "https-");
    TestCertificates.make(directory);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try {
      server.setHttpsConfigurator(new HttpsConfigurator(tls()));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
    server.createContext("/", this::answer);
    server.start();
  }

  public String url(String path) {
    return "https://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** The CA that its certificate is of. */
  public Path ca() {
    return directory.resolve("ca.crt");
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    byte[] body;
    try {
      body = JSON.writeValueAsBytes(answers.apply(exchange.getRequestURI().getPath(), request));
    } catch (Refusal e) {
      exchange.sendResponseHeaders(e.status, -1);
      exchange.close();
      return;
    }
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private SSLContext tls() throws IOException, GeneralSecurityException {
    Certificate[] chain;
    try (InputStream pem = Files.newInputStream(directory.resolve("tls.crt"))) {
      chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(pem)
              .toArray(new Certificate[0]);
    }
    String key = Files.readString(directory.resolve("tls.key")).replaceAll("-----[^-]+-----", "");
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setKeyEntry(
        "tls",
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key))),
        new char[0],
        chain);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
