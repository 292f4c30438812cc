package io.rwopguard.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Stands between a program and an API server, and can kill the program, as kill -9 does, when it is
 * about to write for the nth time or when that write has been made and it does not know yet.
 */
public final class KillingProxy implements AutoCloseable {

  private static final Set<String> READS = Set.of("GET", "HEAD");

  /** When to kill whom. */
  public enum When {
    NEVER,
    BEFORE,
    AFTER,
    /** The program is not killed: this write and all later ones are answered by 500. */
    FAILED
  }

  private final KubernetesClient client;
  private final HttpServer server;
  private final List<String> writes = new CopyOnWriteArrayList<>();
  private volatile When when = When.NEVER;
  private volatile int number;
  private volatile Process victim;

  /** Of the API server that this client talks to, with that client's rights. */
  public KillingProxy(KubernetesClient client) throws IOException {
    this.client = client;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", this::pass);
    server.start();
  }

  /** By which a program reaches the API server through this. */
  Path kubeconfig() throws IOException {
    return Files.writeString(
            Path.of("target/kubeconfig-of-proxy-" + server.getAddress().getPort()),
            """
            apiVersion: v1
            kind: Config
            current-context: it
            contexts: [{name: it, context: {cluster: it, user: it}}]
            clusters: [{name: it, cluster: {server: "http://127.0.0.1:%d"}}]
            users: [{name: it, user: {}}]
            """
                .formatted(server.getAddress().getPort()))
        .toAbsolutePath();
  }

  /** From now on counts anew, and kills at this write. */
  public void killAt(When moment, int write) {
    writes.clear();
    when = moment;
    number = write;
  }

  /**
   * Runs a command of the packaged program, which may be killed; what it says is printed by nobody.
   *
   * @throws IllegalStateException if it takes longer than five minutes
   */
  public CommandLineResult run(String... arguments) {
    List<String> command = PackagedProgram.shortLived(List.of(), arguments);
    try {
      command.addAll(List.of("--kubeconfig", kubeconfig().toString()));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      victim = process;
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", arguments) + " does not end");
      }
      return new CommandLineResult(process.exitValue(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What has been written since it was counted anew. */
  public List<String> writes() {
    return List.copyOf(writes);
  }

  private void pass(HttpExchange exchange) throws IOException {
    String method = exchange.getRequestMethod();
    boolean writes = !READS.contains(method);
    int count = 0;
    if (writes) {
      this.writes.add(method + " " + exchange.getRequestURI().getPath());
      count = this.writes.size();
    }
    boolean kills = writes && count == number;
    if (kills && when == When.BEFORE) {
      kill(exchange);
      return;
    }
    if (writes && when == When.FAILED && count >= number) {
      exchange.sendResponseHeaders(500, -1);
      exchange.close();
      return;
    }
    HttpResponse<byte[]> response = forward(exchange);
    if (kills && when == When.AFTER) {
      kill(exchange);
      return;
    }
    byte[] body = response.body();
    response.headers().getOrDefault("Content-Type", List.of()).stream()
        .findFirst()
        .ifPresent(type -> exchange.getResponseHeaders().add("Content-Type", type));
    exchange.sendResponseHeaders(response.code(), body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private void kill(HttpExchange exchange) {
    victim.destroyForcibly();
    exchange.close();
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange) {
    try {
      HttpRequest.Builder request =
          client
              .getHttpClient()
              .newHttpRequestBuilder()
              .uri(
                  URI.create(client.getMasterUrl().toString())
                      .resolve(exchange.getRequestURI().toString()));
      byte[] body = exchange.getRequestBody().readAllBytes();
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      request.method(
          exchange.getRequestMethod(),
          type == null ? "application/json" : type,
          body.length == 0 ? null : new String(body, StandardCharsets.UTF_8));
      return client
          .getHttpClient()
          .sendAsync(request.build(), byte[].class)
          .get(30, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
