package io.rwopguard.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls the service's own port with HTTP/2 and TLS, like an API server. */
final class LoopbackClient implements AutoCloseable {

  private final HttpClient client;

  LoopbackClient(Vertx vertx, HttpServerOptions server) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setSsl(true)
            .setUseAlpn(true)
            .setProtocolVersion(HttpVersion.HTTP_2)
            // it sends no secrets, and the port's certificate is for the Service's name
            .setTrustAll(true)
            .setVerifyHost(false)
            .setDefaultHost(address(server.getHost()))
            .setDefaultPort(server.getPort());
    if (server.getSslEngineOptions() != null) {
      options.setSslEngineOptions(server.getSslEngineOptions().copy());
    }
    client = vertx.createHttpClient(options);
  }

  private static String address(String host) {
    return switch (host) {
      case "0.0.0.0", "::", "[::]" -> InetAddress.getLoopbackAddress().getHostAddress();
      default -> host;
    };
  }

  /**
   * Sends each body to each path, all at the same time, and waits for the answers.
   *
   * @param end the deadline by {@link System#nanoTime}
   * @throws IllegalStateException if there is no answer
   */
  void ask(List<String> paths, List<Buffer> bodies, long end) {
    List<Future<Buffer>> asked =
        paths.stream().flatMap(path -> bodies.stream().map(body -> ask(path, body))).toList();
    try {
      Future.all(asked)
          .toCompletionStage()
          .toCompletableFuture()
          .get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the service's own port does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Future<Buffer> ask(String path, Buffer body) {
    return client
        .request(HttpMethod.POST, path)
        .compose(request -> send(request, body))
        .compose(HttpClientResponse::body);
  }

  private static Future<HttpClientResponse> send(HttpClientRequest request, Buffer body) {
    return request.putHeader("Content-Type", "application/json").send(body);
  }

  @Override
  public void close() {
    var unused = client.close();
  }
}
