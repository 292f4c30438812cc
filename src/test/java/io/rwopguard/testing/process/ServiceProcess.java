package io.rwopguard.testing.process;

import io.rwopguard.testing.network.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/**
 * The packaged service in a separate process, as users start it. It runs in an empty directory and
 * on free ports of the loopback address.
 */
public final class ServiceProcess implements AutoCloseable {

  /** A kubeconfig of an API server to which nothing listens. */
  public static final String UNREACHABLE_CLUSTER =
      """
      apiVersion: v1
      kind: Config
      current-context: production
      contexts: [{name: production, context: {cluster: production, user: me}}]
      clusters: [{name: production, cluster: {server: "https://127.0.0.1:1"}}]
      users: [{name: me, user: {token: t}}]
      """;

  /** The setting by which the management port speaks TLS. */
  public static final String SECURE = "rwop-guard.management.secure=true";

  private final Path directory;
  private final int port;
  private final int managementPort;
  private final boolean isManagementSecure;
  private final Process process;

  /**
   * Starts the service with these settings ({@code name=value}) and waits until it is live and
   * listens.
   */
  public ServiceProcess(String... settings) throws IOException {
    this(Map.of(), settings);
  }

  /** Starts the service with these environment variables too. */
  public ServiceProcess(Map<String, String> environment, String... settings) throws IOException {
    this(List.of(settings), environment, PackagedProgram::shortLived);
    awaitLive();
  }

  private void awaitLive() {
    Awaitility.await()
        .alias("the service to be live; its log is in " + directory)
        .atMost(Duration.ofMinutes(1))
        .failFast("the service ended", () -> !process.isAlive())
        .ignoreExceptions()
        .until(() -> health("live") == 200 && listens());
  }

  /** Starts the service with these settings and waits for nothing. */
  public static ServiceProcess starting(String... settings) throws IOException {
    return starting(Map.of(), settings);
  }

  /** Starts the service like the other method, with these environment variables too. */
  public static ServiceProcess starting(Map<String, String> environment, String... settings)
      throws IOException {
    return new ServiceProcess(List.of(settings), environment, PackagedProgram::shortLived);
  }

  /** Starts the service as users do, to measure it, and waits for nothing. */
  public static ServiceProcess asInstalled(Map<String, String> environment, String... settings)
      throws IOException {
    return new ServiceProcess(List.of(settings), environment, PackagedProgram::asInstalled);
  }

  /** Starts a service that writes the classes it has loaded to this archive when it ends. */
  static ServiceProcess training(Path archive, String... settings) throws IOException {
    ServiceProcess service =
        new ServiceProcess(
            List.of(settings), Map.of(), options -> PackagedProgram.training(archive, options));
    service.awaitLive();
    return service;
  }

  private ServiceProcess(
      List<String> settings, Map<String, String> environment, UnaryOperator<List<String>> program)
      throws IOException {
    directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target/services").toAbsolutePath()), "");
    port = freePort();
    managementPort = freePort();
    isManagementSecure = settings.contains(SECURE);
    List<String> options = new ArrayList<>();
    options.add("-Dquarkus.http.host=127.0.0.1");
    options.add("-Dquarkus.management.host=127.0.0.1");
    options.add("-Dquarkus.http.ssl-port=" + port);
    options.add("-Dquarkus.management.port=" + managementPort);
    for (String setting : settings) {
      options.add("-D" + setting);
    }
    ProcessBuilder builder =
        new ProcessBuilder(program.apply(options))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile());
    builder.environment().putAll(environment);
    process = builder.start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private boolean listens() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    }
  }

  public int port() {
    return port;
  }

  public int managementPort() {
    return managementPort;
  }

  public long pid() {
    return process.pid();
  }

  /** The directory it was started in. */
  public Path directory() {
    return directory;
  }

  /** The CA of its development certificate. */
  public Path ca() {
    return directory.resolve("certs/ca.crt");
  }

  public String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  /**
   * Waits until the process has ended without a signal from the test, and returns its exit code.
   */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      close();
      throw new AssertionError("the service did not end within a minute");
    }
    return process.exitValue();
  }

  /** The status of one of its health endpoints: live, ready or started. */
  public int health(String which) throws IOException, InterruptedException {
    return management("/q/health/" + which).statusCode();
  }

  /** Gets a path of the management port, with these headers: names and values. */
  public HttpResponse<String> management(String path, String... headers)
      throws IOException, InterruptedException {
    String scheme = isManagementSecure ? "https" : "http";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("%s://127.0.0.1:%d%s".formatted(scheme, managementPort, path)))
            // as kubelets do: an upgrade to HTTP/2, the client's default, was seen to hang forever
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(30));
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpClient.Builder client = HttpClient.newBuilder();
    if (isManagementSecure) {
      try {
        client.sslContext(Tls.trustingAnything());
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    return client.build().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Asks the process to end, as a kubelet does first, and does not wait for it. */
  public void sendSigterm() {
    process.destroy();
  }

  /** Ends the process as the loss of its node does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Ends the process as a kubelet does: SIGTERM, and SIGKILL only if that is ignored. */
  @Override
  public void close() {
    Processes.end(process);
  }
}
