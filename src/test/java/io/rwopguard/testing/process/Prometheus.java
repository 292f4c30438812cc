package io.rwopguard.testing.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A real Prometheus on the loopback address, and its tool for rules. */
public final class Prometheus implements AutoCloseable {

  private static final String MODULE = "prometheus";
  private static final List<String> COMMANDS = List.of("prometheus", "promtool");

  private final JsonMapper json = new JsonMapper();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Path directory;
  private final int port;
  private final Process process;

  private static Path binariesOrSkip() throws IOException, InterruptedException {
    Optional<Path> found = GoBinaries.find(MODULE, COMMANDS);
    String reason = "there is no Go to build Prometheus with, so tests of alerts are skipped";
    if (found.isEmpty()) {
      // the reports do not tell why a class was skipped
      System.err.println("[prometheus] " + reason);
    }
    Assumptions.assumeTrue(found.isPresent(), reason);
    return found.get();
  }

  /** Runs promtool; the test that asks for it is skipped where it cannot be built. */
  public static Program promtool(List<String> arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(binariesOrSkip().resolve("promtool").toString()));
    command.addAll(arguments);
    return Program.run(new ProcessBuilder(command).redirectErrorStream(true), "", Program.PATIENCE);
  }

  /**
   * Starts a Prometheus and waits until it is ready; the test is skipped where it cannot be built.
   *
   * @param configuration text of its file
   */
  public static Prometheus orSkip(String configuration) throws IOException, InterruptedException {
    return new Prometheus(binariesOrSkip(), configuration);
  }

  private Prometheus(Path binaries, String configuration) throws IOException {
    directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target/prometheus").toAbsolutePath()), "");
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Path file = Files.writeString(directory.resolve("prometheus.yaml"), configuration);
    process =
        new ProcessBuilder(
                binaries.resolve("prometheus").toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    Awaitility.await()
        .alias("Prometheus to be ready; its log is in " + directory)
        .atMost(Duration.ofMinutes(1))
        .failFast("Prometheus ended", () -> !process.isAlive())
        .ignoreExceptions()
        .until(() -> get("/-/ready").statusCode() == 200);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(30))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Returns the series that an expression has now; one that is wrong is an error. */
  public JsonNode query(String expression) throws IOException, InterruptedException {
    return answer("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
        .path("result");
  }

  /** Returns the rules, with the state and the health of each. */
  public List<JsonNode> rules() throws IOException, InterruptedException {
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : answer("/api/v1/rules").path("groups")) {
      group.path("rules").forEach(rules::add);
    }
    return rules;
  }

  private JsonNode answer(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = get(path);
    JsonNode answer = json.readTree(response.body());
    if (!answer.path("status").asText().equals("success")) {
      throw new AssertionError(path + ": " + response.body());
    }
    return answer.path("data");
  }

  @Override
  public void close() {
    Processes.end(process);
  }
}
