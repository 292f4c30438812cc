package io.rwopguard.failover.fence;

import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.failover.fence.HttpsMessage.Action;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Asks an HTTPS endpoint to fence. One request at a time is in flight for each node. */
public final class HttpsFence implements FenceProvider {

  private static final int OK = 200;
  private static final int LARGEST_ANSWER = 64 * 1024;

  /** Time after which a result is forgotten; the ledger still has it. */
  private static final long FORGOTTEN = Duration.ofHours(6).toNanos();

  /** Time after which a status is read again. */
  private static final long STATUS_AGE = Duration.ofSeconds(30).toNanos();

  /** Time beyond the timeout after which an answer that never came counts as a failure. */
  private static final long LOST = Duration.ofSeconds(5).toNanos();

  private final HttpsFenceSettings settings;
  private final HttpClient client;
  private final BooleanSupplier mayAsk;
  private final LongSupplier nanoTime;
  private final Map<String, Operation> operations = new HashMap<>();

  /** One operation; guarded by the fence's monitor. */
  private static final class Operation {
    private final Action action;
    private final String node;
    private FenceStatus status = FenceStatus.pending("");
    private int attempts;
    private int sequence;
    private long since;

    private Operation(Action action, String node) {
      this.action = action;
      this.node = node;
    }

    private boolean isInFlight() {
      return status.state() == State.PENDING;
    }
  }

  /**
   * Creates the fence.
   *
   * @param nanoTime a monotonic clock
   */
  public HttpsFence(
      Vertx vertx, HttpsFenceSettings settings, BooleanSupplier mayAsk, LongSupplier nanoTime) {
    this.mayAsk = mayAsk;
    this.settings = settings;
    this.nanoTime = nanoTime;
    HttpClientOptions options =
        new HttpClientOptions().setConnectTimeout(Math.toIntExact(settings.timeout().toMillis()));
    settings
        .caCertificate()
        .ifPresent(
            file -> options.setTrustOptions(new PemTrustOptions().addCertPath(file.toString())));
    client = vertx.createHttpClient(options);
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public Scope scope() {
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

  private synchronized FenceStatus advance(Action action, FenceTarget target) {
    long now = nanoTime.getAsLong();
    giveUpAndForget(now);
    String key = key(action, target);
    Operation operation = operations.get(key);
    if (operation != null && !isDue(action, operation, now)) {
      return operation.status;
    }
    if (operations.values().stream()
        .anyMatch(other -> other.isInFlight() && other.node.equals(target.node()))) {
      return FenceStatus.pending("another request about the node is in flight");
    }
    if (action != Action.STATUS) {
      // the endpoint may relate both to the whole node: the opposite has to be asked for again
      operations
          .values()
          .removeIf(other -> other.node.equals(target.node()) && other.action != action);
    }
    if (operation == null) {
      operation = new Operation(action, target.node());
      operations.put(key, operation);
    }
    operation.attempts = operation.attempts >= settings.attempts() ? 1 : operation.attempts + 1;
    operation.since = now;
    operation.status = FenceStatus.pending(operation.status.text());
    if (!mayAsk.getAsBoolean()) {
      return FenceStatus.pending("this replica is not certain to lead");
    }
    operation.sequence++;
    send(action, target, operation, operation.sequence);
    return operation.status;
  }

  private boolean isDue(Action action, Operation operation, long now) {
    long age = now - operation.since;
    return switch (operation.status.state()) {
      case FAILED -> operation.attempts < settings.attempts() || age > settings.pause().toNanos();
      case PENDING -> false;
      default -> action == Action.STATUS && age > STATUS_AGE;
    };
  }

  private void giveUpAndForget(long now) {
    for (Operation operation : operations.values()) {
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

  private void send(Action action, FenceTarget target, Operation operation, int sequence) {
    try {
      RequestOptions request =
          new RequestOptions()
              .setMethod(HttpMethod.POST)
              .setAbsoluteURI(settings.url().toString())
              .setTimeout(settings.timeout().toMillis())
              .putHeader("Content-Type", "application/json");
      if (settings.tokenFile().isPresent()) {
        request.putHeader("Authorization", "Bearer " + token(settings.tokenFile().get()));
      }
      Buffer body = Buffer.buffer(HttpsMessage.request(action, settings.scope(), target));
      client
          .request(request)
          .compose(open -> open.send(body))
          .compose(HttpsFence::read)
          .timeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
          .map(answer -> HttpsMessage.answer(action, settings.scope(), target, answer.getBytes()))
          .onComplete(
              answer ->
                  done(
                      operation,
                      sequence,
                      answer.succeeded()
                          ? answer.result()
                          : FenceStatus.failed(String.valueOf(answer.cause().getMessage()))));
    } catch (IOException e) {
      done(operation, sequence, FenceStatus.failed("its token file cannot be read: " + e));
    } catch (RuntimeException e) {
      done(operation, sequence, FenceStatus.failed("it cannot be asked: " + e.getMessage()));
    }
  }

  /** A late answer to an attempt that was given up changes nothing. */
  private synchronized void done(Operation operation, int sequence, FenceStatus status) {
    if (operation.isInFlight() && operation.sequence == sequence) {
      operation.status = status;
      operation.since = nanoTime.getAsLong();
    }
  }

  private static Future<Buffer> read(HttpClientResponse response) {
    if (response.statusCode() != OK) {
      return Future.failedFuture("it answered " + response.statusCode());
    }
    Promise<Buffer> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    response.handler(
        part -> {
          body.appendBuffer(part);
          if (body.length() > LARGEST_ANSWER) {
            whole.tryFail("its answer is larger than 64 KiB");
            response.request().reset();
          }
        });
    response.exceptionHandler(whole::tryFail);
    response.endHandler(end -> whole.tryComplete(body));
    return whole.future();
  }

  private static String token(Path file) throws IOException {
    String token = Files.readString(file).strip();
    // a message about a header would repeat the token
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
