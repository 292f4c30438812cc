import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * Makes the image's AOT cache: runs the service beside an API server that knows a few objects,
 * sends it what an API server sends, ends it, and then starts it once more with the cache, to see
 * that the JVM takes the service's classes from there.
 *
 * <p>{@code java Training.java JAVA JAR CACHE REQUESTS}
 */
final class Training {

  /**
   * What the service's profiles get better by, and what the build waits for: some ten seconds on
   * two cores.
   */
  private static final int ROUNDS = 60;

  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);

  private final Path java;
  private final Path jar;
  private final Path cache;
  private final Path scratch;
  private final Path requests;
  private final int port = freePort();
  private final int managementPort = freePort();

  private Training(String[] arguments) throws IOException {
    java = Path.of(arguments[0]);
    jar = Path.of(arguments[1]);
    cache = Path.of(arguments[2]);
    requests = Path.of(arguments[3]);
    scratch = Files.createTempDirectory("training");
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 4) {
      throw new IllegalArgumentException("usage: java Training.java JAVA JAR CACHE REQUESTS");
    }
    Training training = new Training(arguments);
    training.makeCache();
    training.checkCache();
  }

  private void makeCache() throws Exception {
    SimulatedCluster cluster = new SimulatedCluster();
    Path kubeconfig = scratch.resolve("kubeconfig");
    Files.writeString(kubeconfig, cluster.kubeconfig());
    Process service =
        start("training", "-XX:AOTCacheOutput=" + cache, "-Drwop-guard.kubeconfig=" + kubeconfig);
    try {
      awaitReady(service, "training");
      sendRequests();
    } finally {
      stop(service);
      cluster.close();
    }
    if (!Files.isReadable(cache)) {
      throw new IllegalStateException("the JVM wrote no cache; it said:\n" + log("training"));
    }
    System.err.printf("training: the cache has %d MiB%n", Files.size(cache) >> 20);
  }

  /** AOTMode=on ends the JVM where it would else go on without the cache, and say nothing. */
  private void checkCache() throws Exception {
    Path classes = scratch.resolve("classes");
    long began = System.nanoTime();
    Process service =
        start(
            "check", "-XX:AOTCache=" + cache, "-XX:AOTMode=on", "-Xlog:class+load:file=" + classes);
    try {
      awaitReady(service, "check");
      System.err.printf(
          "training: with the cache, ready after %d ms%n", (System.nanoTime() - began) / 1_000_000);
    } finally {
      stop(service);
    }
    List<String> loaded = Files.readAllLines(classes);
    List<String> missed = loaded.stream().filter(line -> line.contains("source: file:")).toList();
    System.err.printf(
        "training: %d classes, %d of them from JAR files%n", loaded.size(), missed.size());
    if (missed.size() > loaded.size() / 50) {
      throw new IllegalStateException(
          "the JVM takes too few classes from the cache; is the service packaged as an aot-jar, and no JAR file signed? It read from JAR files:\n"
              + String.join("\n", missed));
    }
  }

  private Process start(String name, String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(List.of(options));
    command.add("-Dquarkus.http.host=127.0.0.1");
    command.add("-Dquarkus.http.ssl-port=" + port);
    command.add("-Dquarkus.management.host=127.0.0.1");
    command.add("-Dquarkus.management.port=" + managementPort);
    command.add("-Drwop-guard.tls.development-directory=" + scratch.resolve("certs"));
    command.addAll(List.of("-jar", jar.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(scratch.toFile()).redirectErrorStream(true);
    builder.redirectOutput(scratch.resolve(name + ".log").toFile());
    return builder.start();
  }

  private void awaitReady(Process service, String name) throws Exception {
    for (long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        !isReady();
        Thread.sleep(10)) {
      if (!service.isAlive() || System.nanoTime() > end) {
        throw new IllegalStateException("the service did not get ready; it said:\n" + log(name));
      }
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return management("/q/health/ready") == 200;
    } catch (IOException e) {
      return false; // not listening yet
    }
  }

  private int management(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + path))
            // as kubelets do: an upgrade to HTTP/2, the client's default, was seen to hang forever
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(LONGEST_ANSWER)
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }
  }

  /** SIGTERM, as a kubelet does; the JVM writes its cache after that. */
  private void stop(Process service) throws InterruptedException {
    service.destroy();
    if (!service.waitFor(3, TimeUnit.MINUTES)) {
      service.destroyForcibly();
      throw new IllegalStateException("the service did not end after SIGTERM");
    }
  }

  private String log(String name) throws IOException {
    return Files.readString(scratch.resolve(name + ".log"));
  }

  private void sendRequests() throws Exception {
    List<HttpRequest> reviews = new ArrayList<>();
    for (String body : bodies()) {
      for (String endpoint : List.of("validate", "mutate")) {
        reviews.add(
            HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/" + endpoint))
                .header("Content-Type", "application/json")
                .timeout(LONGEST_ANSWER)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
      }
    }
    int sent = 0;
    long refused = 0;
    long patched = 0;
    for (int round = 0; round < ROUNDS; round++) {
      // a new connection now and then: an API server opens one for each webhook and keeps it
      try (HttpClient client = client(round)) {
        for (HttpRequest review : reviews) {
          String answer = client.send(review, HttpResponse.BodyHandlers.ofString()).body();
          refused += answer.contains("\"allowed\":false") ? 1 : 0;
          patched += answer.contains("\"patch\":") ? 1 : 0;
          sent++;
        }
      }
      management("/q/health/live");
      management("/q/health/ready");
      management("/q/metrics");
    }
    System.err.printf("training: %d requests, %d refused, %d patched%n", sent, refused, patched);
    if (refused == 0 || patched == 0) {
      throw new IllegalStateException(
          "the requests are not what they are meant to be: some have to be refused and some patched");
    }
  }

  private List<String> bodies() throws IOException {
    List<String> bodies = new ArrayList<>(Reviews.ALL);
    try (var files = Files.list(requests)) {
      for (Path file : files.sorted().toList()) {
        bodies.add(Files.readString(file));
      }
    }
    return bodies;
  }

  /** HTTP/2 and TLS 1.3, as an API server asks; the older ones now and then. */
  private HttpClient client(int round) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (var pem = Files.newInputStream(scratch.resolve("certs/ca.crt"))) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    boolean old = round % 10 == 9;
    return HttpClient.newBuilder()
        .version(old ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
        .sslContext(tls)
        .sslParameters(new SSLParameters(null, new String[] {old ? "TLSv1.2" : "TLSv1.3"}))
        .build();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
