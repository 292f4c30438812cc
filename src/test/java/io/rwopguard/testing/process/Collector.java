package io.rwopguard.testing.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A real OpenTelemetry Collector on the loopback address, which hands the spans to the test. */
public final class Collector implements AutoCloseable {

  private static final String CONFIGURATION =
      """
      receivers:
        otlp:
          protocols:
            http: {endpoint: "127.0.0.1:%d"}
            grpc: {endpoint: "%s", transport: unix}
      exporters:
        otlp_http:
          {endpoint: "http://127.0.0.1:%d", encoding: json, compression: none, sending_queue: {enabled: false}}
      service:
        pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}}
      """;

  /**
   * A span as the collector received it.
   *
   * @param service the name of the process that recorded it
   * @param resource the attributes of that process
   */
  public record Span(String service, JsonNode resource, JsonNode json) {

    public String name() {
      return json.path("name").asText();
    }

    public String id() {
      return json.path("spanId").asText();
    }

    public String parent() {
      return json.path("parentSpanId").asText();
    }

    public String trace() {
      return json.path("traceId").asText();
    }

    /** The value of an attribute as text; that of a list is JSON. */
    public String attribute(String key) {
      return Collector.attribute(json.path("attributes"), key);
    }
  }

  private final JsonMapper mapper = new JsonMapper();
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final HttpServer sink;
  private final int port;
  private final Process process;

  /**
   * Starts a collector; the test is skipped where it cannot be built.
   *
   * @param socket the path at which it also listens, for gRPC
   */
  public static Collector orSkip(Path socket) throws IOException, InterruptedException {
    Optional<Path> found = GoBinaries.find("collector", List.of("otelcol"));
    String reason = "there is no Go to build a collector with, so tests of traces are skipped";
    if (found.isEmpty()) {
      // the reports do not tell why a class was skipped
      System.err.println("[collector] " + reason);
    }
    Assumptions.assumeTrue(found.isPresent(), reason);
    return new Collector(found.get(), socket);
  }

  private Collector(Path binaries, Path socket) throws IOException {
    Path directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target/collector").toAbsolutePath()), "");
    sink = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    sink.createContext("/v1/traces", this::receive);
    sink.start();
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Path file =
        Files.writeString(
            directory.resolve("collector.yaml"),
            CONFIGURATION.formatted(port, socket, sink.getAddress().getPort()));
    process =
        new ProcessBuilder(binaries.resolve("otelcol").toString(), "--config", file.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    Awaitility.await()
        .alias("the collector to listen; its log is in " + directory)
        .failFast("the collector ended", () -> !process.isAlive())
        .ignoreExceptions()
        .until(this::listens);
  }

  private boolean listens() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    }
  }

  private void receive(HttpExchange exchange) throws IOException {
    JsonNode request = mapper.readTree(exchange.getRequestBody());
    for (JsonNode from : request.path("resourceSpans")) {
      JsonNode resource = from.at("/resource/attributes");
      for (JsonNode scope : from.path("scopeSpans")) {
        scope
            .path("spans")
            .forEach(
                span -> spans.add(new Span(attribute(resource, "service.name"), resource, span)));
      }
    }
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 2);
    exchange.getResponseBody().write(new byte[] {'{', '}'});
    exchange.close();
  }

  /** The value of an attribute as text; that of a list is JSON. */
  public static String attribute(JsonNode attributes, String key) {
    for (JsonNode each : attributes) {
      if (each.path("key").asText().equals(key)) {
        JsonNode value = each.path("value").elements().next();
        return value.isValueNode() ? value.asText() : value.toString();
      }
    }
    return "";
  }

  /** Where it receives OTLP over HTTP. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The spans that have arrived. */
  public List<Span> spans() {
    return List.copyOf(spans);
  }

  /** Waits for a span. */
  public Span await(String what, Predicate<Span> matches) {
    return Awaitility.await()
        .alias("the span of " + what)
        .atMost(Duration.ofSeconds(30))
        .until(() -> spans.stream().filter(matches).findFirst(), Optional::isPresent)
        .orElseThrow();
  }

  @Override
  public void close() {
    Processes.end(process);
    sink.stop(0);
  }
}
