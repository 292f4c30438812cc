package io.rwopguard.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A webhook that allows everything and remembers what it was asked, by the path of the call. */
final class RecordingWebhook implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();

  private final Map<String, JsonNode> requests = new HashMap<>();
  private final HttpsServer server;
  private final Path directory;

  RecordingWebhook() throws IOException {
    directory = Files.createTempDirectory(Path.of("target"), "recording-");
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

  String url(String path) {
    return "https://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  String caBundle() throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(directory.resolve("ca.crt")));
  }

  /** The last request of each path since this was asked the last time. */
  synchronized Map<String, JsonNode> take() {
    Map<String, JsonNode> taken = Map.copyOf(requests);
    requests.clear();
    return taken;
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode review = JSON.readTree(exchange.getRequestBody());
    synchronized (this) {
      requests.put(exchange.getRequestURI().getPath(), review.path("request"));
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    answer
        .putObject("response")
        .put("uid", review.at("/request/uid").asText())
        .put("allowed", true);
    byte[] body = JSON.writeValueAsBytes(answer);
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
