package io.rwopguard.testing.network;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.rwopguard.testing.process.CommandLineResult;
import io.rwopguard.testing.process.PackagedProgram;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Proxy between a program and an API server that can kill the program, as kill -9 does. It kills
 * when the program is about to write for the nth time, or when that write was carried out but not
 * yet answered. It can also hold the nth request, whose sender may long have given up when it
 * arrives.
 */
public final class KillingProxy implements AutoCloseable {

  private static final Set<String> READS = Set.of("GET", "HEAD");

  /** Moment at which to kill the program, or another fault of the connection. */
  public enum When {
    NEVER,
    BEFORE,
    AFTER,
    /** The program is not killed: this write and all later ones are answered by 500. */
    FAILED,
    /** The program is not killed: this write and all later ones get no answer. */
    CUT,
    /**
     * The program is not killed: this write is made, and every later request is answered by 500.
     */
    FAILED_AFTER
  }

  private final KubernetesClient client;
  private final HttpServer server;
  private final List<String> writes = new CopyOnWriteArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile When when = When.NEVER;
  private volatile int number;
  private volatile Process victim;
  private volatile int heldRequest;
  private volatile Pattern heldWrite;
  private volatile CountDownLatch held = new CountDownLatch(1);
  private volatile CountDownLatch released = new CountDownLatch(0);

  /** Creates a proxy of the API server that this client talks to, with that client's rights. */
  public KillingProxy(KubernetesClient client) throws IOException {
    this.client = client;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", this::pass);
    server.start();
  }

  /** Returns the configuration by which a program reaches the API server through this proxy. */
  public Path kubeconfig() throws IOException {
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

  /** A client that reaches the API server through this, as a program does. */
  public KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }

  /** Restarts the count from zero, and kills at this write. */
  public void killAt(When moment, int write) {
    writes.clear();
    when = moment;
    number = write;
  }

  /**
   * Restarts the count from zero, and holds this request. A write is held before it is passed on. A
   * read is held with its answer, which is out of date by the time that it is passed on.
   */
  public void holdAt(int request) {
    killAt(When.NEVER, 0);
    requests.set(0);
    held = new CountDownLatch(1);
    released = new CountDownLatch(1);
    heldRequest = request;
    heldWrite = null;
  }

  /**
   * Restarts the count from zero, and holds each write that matches this. The pattern is matched
   * against method and path, or these and the body. A program retries a write that is not answered.
   */
  public void holdAtWrite(String pattern) {
    holdAt(0);
    heldWrite = Pattern.compile(pattern, Pattern.DOTALL);
  }

  private boolean isHeld(int request, boolean writes, String write, String content) {
    return request == heldRequest
        || (writes
            && heldWrite != null
            && (heldWrite.matcher(write).matches()
                || heldWrite.matcher(write + " " + content).matches()));
  }

  /** Waits until the request is held; false if the program ends before or takes too long. */
  public boolean awaitHeld(Future<?> program) throws InterruptedException {
    for (int i = 0; i < 1200 && !program.isDone(); i++) {
      if (held.await(100, TimeUnit.MILLISECONDS)) {
        return true;
      }
    }
    return false;
  }

  /** Passes on what is held. */
  public void release() {
    heldRequest = 0;
    heldWrite = null;
    released.countDown();
  }

  /** Returns the number of requests since the last restart of the count. */
  public int requests() {
    return requests.get();
  }

  private void hold() {
    held.countDown();
    try {
      if (!released.await(5, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the test did not release what was held");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a command of the packaged program, which may be killed. Its output is not printed.
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

  /** Returns the writes since the last restart of the count. */
  public List<String> writes() {
    return List.copyOf(writes);
  }

  private void pass(HttpExchange exchange) throws IOException {
    String method = exchange.getRequestMethod();
    // what is only tried is no write
    boolean writes =
        !READS.contains(method)
            && !String.valueOf(exchange.getRequestURI().getQuery()).contains("dryRun");
    int count = 0;
    String write = method + " " + exchange.getRequestURI().getPath();
    String content = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean holds = isHeld(requests.incrementAndGet(), writes, write, content);
    if (holds && writes) {
      hold();
    }
    if (writes) {
      this.writes.add(write);
      count = this.writes.size();
    }
    boolean kills = writes && count == number;
    if (kills && when == When.BEFORE) {
      kill(exchange);
      return;
    }
    boolean isLater = writes ? count > number : this.writes.size() >= number;
    if (when == When.CUT && writes && count >= number) {
      exchange.close();
      return;
    }
    if ((when == When.FAILED && writes && count >= number)
        || (when == When.FAILED_AFTER && isLater)) {
      exchange.sendResponseHeaders(500, -1);
      exchange.close();
      return;
    }
    HttpResponse<byte[]> response = forward(exchange, content);
    if (kills && when == When.AFTER) {
      kill(exchange);
      return;
    }
    if (holds && !writes) {
      hold();
    }
    byte[] body = response.body();
    response.headers().getOrDefault("Content-Type", List.of()).stream()
        .findFirst()
        .ifPresent(type -> exchange.getResponseHeaders().add("Content-Type", type));
    exchange.sendResponseHeaders(response.code(), body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Asks the program to end, as Ctrl-C does. */
  public void terminate() {
    // not by the Process, which closes what the program prints to as well
    victim.toHandle().destroy();
  }

  private void kill(HttpExchange exchange) {
    // not by the Process, as above
    victim.toHandle().destroyForcibly();
    exchange.close();
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange, String content) {
    try {
      HttpRequest.Builder request =
          client
              .getHttpClient()
              .newHttpRequestBuilder()
              .uri(
                  URI.create(client.getMasterUrl().toString())
                      .resolve(exchange.getRequestURI().toString()));
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      request.method(
          exchange.getRequestMethod(),
          type == null ? "application/json" : type,
          content.isEmpty() ? null : content);
      return client
          .getHttpClient()
          .sendAsync(request.build(), byte[].class)
          .get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
