package io.rwopguard.failover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.Fence;
import io.rwopguard.failover.plan.FailoverRecord;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Somebody outside who can stop a node for good: switch its power off, or take it from the
 * storage's network. It is asked before a Pod is deleted, and its word is believed.
 */
final class FenceHook implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final int OK = 200;
  private static final int LARGEST_ANSWER = 64 * 1024;

  /** After all attempts were in vain. */
  private static final long PAUSE = Duration.ofMinutes(5).toNanos();

  /** What was said so long ago is asked anew. */
  private static final long FORGOTTEN = Duration.ofHours(6).toNanos();

  /** What came of asking. */
  enum Answer {
    PENDING,
    FENCED,
    NOT_FENCED
  }

  /**
   * What came of asking about one node's silence.
   *
   * @param text what went wrong last
   */
  record Asked(Answer answer, int attempts, String text, long since) {}

  private final Fence settings;
  private final HttpClient client;
  private final Map<String, Asked> asked = new ConcurrentHashMap<>();

  FenceHook(Vertx vertx, Fence settings) {
    this.settings = settings;
    HttpClientOptions options =
        new HttpClientOptions().setConnectTimeout(Math.toIntExact(settings.timeout().toMillis()));
    settings
        .caCertificate()
        .ifPresent(
            file -> options.setTrustOptions(new PemTrustOptions().addCertPath(file.toString())));
    client = vertx.createHttpClient(options);
  }

  /** Asks, unless it has been asked; says what has come of it. The same silence is fenced once. */
  Asked ask(FailoverRecord record, long now) {
    String silence = record.node() + " " + record.renewTime();
    asked.values().removeIf(old -> now - old.since() > FORGOTTEN);
    return asked.compute(
        silence,
        (key, before) -> {
          boolean first = before == null;
          boolean again =
              !first
                  && before.answer() == Answer.NOT_FENCED
                  && (before.attempts() < settings.attempts() || now - before.since() > PAUSE);
          if (!first && !again) {
            return before;
          }
          int attempts =
              first || before.attempts() >= settings.attempts() ? 1 : before.attempts() + 1;
          String text = first ? "" : before.text();
          send(key, record, attempts);
          return new Asked(Answer.PENDING, attempts, text, now);
        });
  }

  private void send(String silence, FailoverRecord record, int attempts) {
    URI url = settings.url().orElseThrow();
    RequestOptions request =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(url.toString())
            .setTimeout(settings.timeout().toMillis())
            .putHeader("Content-Type", "application/json");
    try {
      settings
          .tokenFile()
          .ifPresent(file -> request.putHeader("Authorization", "Bearer " + token(file)));
    } catch (UncheckedIOException e) {
      done(silence, attempts, false, "its token cannot be read: " + e.getMessage());
      return;
    }
    client
        .request(request)
        .compose(open -> open.send(Buffer.buffer(body(record))))
        .compose(
            response ->
                response.statusCode() == OK
                    ? response.body()
                    : Future.failedFuture("it answered " + response.statusCode()))
        .timeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(
            answer ->
                done(
                    silence,
                    attempts,
                    answer.succeeded() && saysFenced(answer.result()),
                    answer.succeeded()
                        ? "it did not answer {\"fenced\": true}"
                        : String.valueOf(answer.cause().getMessage())));
  }

  private void done(String silence, int attempts, boolean fenced, String text) {
    asked.put(
        silence,
        new Asked(
            fenced ? Answer.FENCED : Answer.NOT_FENCED,
            attempts,
            fenced ? "" : text,
            System.nanoTime()));
  }

  private static String token(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String body(FailoverRecord record) {
    ObjectNode json = JSON.createObjectNode();
    json.put("node", record.node())
        .put("namespace", record.claim().namespace())
        .put("pod", record.pod())
        .put("uid", record.uid());
    record.volumes().forEach(volume -> json.withArray("volumes").add(volume.inUse()));
    return json.toString();
  }

  private static boolean saysFenced(Buffer answer) {
    try {
      return answer.length() <= LARGEST_ANSWER
          && JSON.readTree(answer.getBytes()).path("fenced").asBoolean(false);
    } catch (JsonProcessingException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    var unused = client.close();
  }
}
