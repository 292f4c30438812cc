package io.rwopguard.failover.fence;

import io.quarkus.runtime.util.ExceptionUtil;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.HttpsMessage.Action;
import io.rwopguard.kube.ReloadingTrustManager;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Fences by requests to an HTTPS endpoint. At most one request is in flight for each node. */
public final class HttpsFence implements FenceProvider {

  private static final int OK = 200;
  private static final int CONFLICT = 409;
  private static final int LARGEST_ANSWER = 64 * 1024;

  /** The time after which a result is forgotten; the ledger still has it. */
  private static final long FORGOTTEN = Duration.ofHours(6).toNanos();

  /** The time after which a status is read again. */
  private static final long STATUS_AGE = Duration.ofSeconds(30).toNanos();

  /** The time beyond the timeout after which an answer that never came counts as a failure. */
  private static final long LOST = Duration.ofSeconds(5).toNanos();

  private final HttpsFenceSettings settings;
  private final HttpClient client;
  private final BooleanSupplier mayAsk;
  private final LongSupplier nanoTime;
  private final LongSupplier sequence;
  private final Map<String, HttpsOperation> operations = new HashMap<>();

  /**
   * Creates the fence.
   *
   * @param mayAsk whether this replica is certain to lead
   * @param sequence the source of numbers for requests
   * @param nanoTime a monotonic clock
   */
  public HttpsFence(
      Vertx vertx,
      HttpsFenceSettings settings,
      BooleanSupplier mayAsk,
      LongSupplier sequence,
      LongSupplier nanoTime) {
    this.mayAsk = mayAsk;
    this.sequence = sequence;
    this.settings = settings;
    this.nanoTime = nanoTime;
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout(Math.toIntExact(settings.timeout().toMillis()))
            // unsent data of a request that was given up must not arrive later
            .setSoLinger(0);
    settings
        .caCertificate()
        .ifPresent(
            file ->
                options.setTrustOptions(
                    TrustOptions.wrap(
                        ReloadingTrustManager.of(file, "to fence " + settings.name()))));
    client = vertx.createHttpClient(options);
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public FenceScope scope() {
    return settings.scope();
  }

  @Override
  public FenceStatus fence(FenceTarget target) {
    return advance(Action.FENCE, target);
  }

  @Override
  public FenceStatus unfence(FenceTarget target) {
    return advance(Action.UNFENCE, target);
  }

  @Override
  public FenceStatus status(FenceTarget target) {
    return advance(Action.STATUS, target);
  }

  private FenceStatus advance(Action action, FenceTarget target) {
    HttpsOperation operation;
    int attempt;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      giveUpAndForget(now);
      operation = operations.get(key(action, target));
      if (operation != null && !isDue(action, operation, now)) {
        return operation.status;
      }
      if (operations.values().stream()
          .anyMatch(other -> other.isInFlight() && other.node.equals(target.node()))) {
        return FenceStatus.pending("another request for this node is in flight");
      }
      if (!mayAsk.getAsBoolean()) {
        return FenceStatus.pending("this replica is not certain to lead");
      }
      operation = start(action, target, operation, now);
      attempt = operation.attempt;
    }
    try {
      // the number is stored before the request is sent, outside the monitor that answers wait for
      send(target, operation, attempt, sequence.getAsLong());
    } catch (RuntimeException e) {
      notSent(operation, attempt, e);
    }
    synchronized (this) {
      return operation.status;
    }
  }

  private HttpsOperation start(Action action, FenceTarget target, HttpsOperation before, long now) {
    if (action != Action.STATUS) {
      // the endpoint may apply both to the whole node, so the opposite has to be requested again
      operations
          .values()
          .removeIf(other -> other.node.equals(target.node()) && other.action != action);
    }
    HttpsOperation operation = before == null ? new HttpsOperation(action, target.node()) : before;
    operations.put(key(action, target), operation);
    operation.attempts = operation.attempts >= settings.attempts() ? 1 : operation.attempts + 1;
    operation.since = now;
    operation.status = FenceStatus.pending(operation.status.text());
    operation.attempt++;
    return operation;
  }

  /** Takes back an attempt whose request was never sent. */
  private synchronized void notSent(HttpsOperation operation, int attempt, RuntimeException why) {
    operation.attempts--;
    done(
        operation,
        attempt,
        FenceStatus.failed(
            "the number of its request could not be stored: %s. Let the controller create and update ConfigMaps in its namespace"
                .formatted(why.getMessage())));
  }

  private boolean isDue(Action action, HttpsOperation operation, long now) {
    long age = now - operation.since;
    return switch (operation.status.state()) {
      case FAILED -> operation.attempts < settings.attempts() || age > settings.pause().toNanos();
      case PENDING -> false;
      default -> action == Action.STATUS && age > STATUS_AGE;
    };
  }

  private void giveUpAndForget(long now) {
    for (HttpsOperation operation : operations.values()) {
      if (operation.isInFlight() && now - operation.since > settings.timeout().toNanos() + LOST) {
        operation.status = FenceStatus.failed("it never answered");
      }
    }
    operations
        .values()
        .removeIf(operation -> !operation.isInFlight() && now - operation.since > FORGOTTEN);
  }

  private String key(Action action, FenceTarget target) {
    return action + target.key(settings.scope());
  }

  private void send(FenceTarget target, HttpsOperation operation, int attempt, long number) {
    Action action = operation.action;
    Duration timeout = settings.timeoutOf(action);
    AtomicReference<HttpClientRequest> sent = new AtomicReference<>();
    try {
      RequestOptions request =
          new RequestOptions()
              .setMethod(HttpMethod.POST)
              .setAbsoluteURI(settings.url().toString())
              .setTimeout(timeout.toMillis())
              .putHeader("Content-Type", "application/json");
      if (settings.tokenFile().isPresent()) {
        request.putHeader("Authorization", "Bearer " + token(settings.tokenFile().get()));
      }
      Buffer body = Buffer.buffer(HttpsMessage.request(action, settings.scope(), target, number));
      client
          .request(request)
          .compose(
              open -> {
                sent.set(open);
                // the future below reports it, too; without a handler it is logged as an error
                open.exceptionHandler(failure -> {});
                return isWanted(operation, attempt)
                    ? open.send(body)
                    : Future.failedFuture(
                        "this replica was no longer certain to lead when the connection was established, so nothing was sent. The leader asks again. If this recurs, check the network to the fence");
              })
          .compose(response -> read(response, target.node(), number))
          .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .map(answer -> HttpsMessage.answer(action, settings.scope(), target, answer.getBytes()))
          .onComplete(
              answer -> {
                if (answer.failed() && sent.get() != null) {
                  sent.get().reset();
                }
                done(
                    operation,
                    attempt,
                    answer.succeeded()
                        ? answer.result()
                        : FenceStatus.failed(reason(answer.cause())));
              });
    } catch (IOException e) {
      done(operation, attempt, FenceStatus.failed("its token file cannot be read: " + e));
    } catch (RuntimeException e) {
      done(operation, attempt, FenceStatus.failed("it cannot be asked: " + e.getMessage()));
    }
  }

  /**
   * Returns why a request failed. Vert.x reports that a TLS connection failed, and only its causes
   * have the reason.
   */
  private static String reason(Throwable failure) {
    String said = String.valueOf(failure.getMessage());
    Throwable root = ExceptionUtil.getRootCause(failure);
    String why = String.valueOf(root.getMessage());
    return said.contains(why) ? said : said + ": " + why;
  }

  /**
   * Returns whether a request should still be sent. Leadership or the attempt may have ended while
   * the connection was established.
   */
  private synchronized boolean isWanted(HttpsOperation operation, int attempt) {
    return operation.isInFlight() && operation.attempt == attempt && mayAsk.getAsBoolean();
  }

  /**
   * Records the result of an attempt. A late answer to an attempt that was given up changes
   * nothing.
   */
  private synchronized void done(HttpsOperation operation, int attempt, FenceStatus status) {
    if (operation.isInFlight() && operation.attempt == attempt) {
      operation.status = status;
      operation.since = nanoTime.getAsLong();
    }
  }

  private static Future<Buffer> read(HttpClientResponse response, String node, long number) {
    Promise<Buffer> whole = Promise.promise();
    response.exceptionHandler(whole::tryFail);
    if (response.statusCode() == CONFLICT) {
      return Future.failedFuture(
          "it answered 409: it has already received a request for node %s with a sequence greater than %d. A later request has a greater one. If this recurs, another controller uses the same endpoint for a node with this name. Use a separate endpoint for each cluster"
              .formatted(node, number));
    }
    if (response.statusCode() != OK) {
      return Future.failedFuture("it answered " + response.statusCode());
    }
    Buffer body = Buffer.buffer();
    response.handler(
        part -> {
          body.appendBuffer(part);
          if (body.length() > LARGEST_ANSWER) {
            whole.tryFail("its answer is larger than 64 KiB");
            response.request().reset();
          }
        });
    response.endHandler(end -> whole.tryComplete(body));
    return whole.future();
  }

  private static String token(Path file) throws IOException {
    String token = Files.readString(file).strip();
    // a message about a header would contain the token
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IOException("it is not a bearer token");
    }
    return token;
  }

  @Override
  public void close() {
    var unused = client.close();
  }
}
