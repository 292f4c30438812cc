package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.it.TestHttpsServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only a clear answer to the request confirms; everything else is a failure with a reason. */
class HttpsFenceTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final FencedVolume A = new FencedVolume("d", "a", "pv-a", "");
  private static final FencedVolume B = new FencedVolume("d", "b", "pv-b", "");
  private static Vertx vertx;

  @TempDir Path directory;

  private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
  private final AtomicLong time = new AtomicLong();
  private volatile Function<JsonNode, String> answer = request -> "{\"fenced\": true}";
  private TestHttpsServer server;

  @BeforeAll
  static void openVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void closeVertx() {
    var unused = vertx.close();
  }

  @BeforeEach
  void open() throws IOException {
    server =
        new TestHttpsServer(
            (path, request) -> {
              asked.add(request);
              return read(answer.apply(request));
            });
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpsFence fence(Scope scope, Optional<Path> token) {
    return new HttpsFence(
        vertx,
        new HttpsFenceSettings(
            "power",
            scope,
            URI.create(server.url("/fence")),
            Optional.of(server.ca()),
            token,
            Duration.ofSeconds(5),
            2,
            Duration.ofMinutes(5)),
        () -> true,
        time::get);
  }

  private HttpsFence fence(Scope scope) {
    return fence(scope, Optional.empty());
  }

  private static FenceTarget target(String node, FencedVolume... volumes) {
    return new FenceTarget(node, "uid", "boot", "t", List.of(volumes), "shop", "db-0", "uid-0");
  }

  private static FenceStatus ended(Supplier<FenceStatus> operation) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(operation::get, status -> status.state() != State.PENDING);
  }

  @Test
  void a_node_is_fenced_once() {
    try (HttpsFence fence = fence(Scope.NODE)) {
      assertThat(fence.fence(target("n")).state()).isEqualTo(State.PENDING);
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
      assertThat(asked).hasSize(1);
      assertThat(asked.get(0).toString())
          .contains("\"action\":\"fence\"", "\"node\":\"n\"", "\"bootId\":\"boot\"")
          .doesNotContain("db-0");
    }
  }

  @Test
  void a_volume_that_is_missing_in_the_answer_is_not_confirmed() {
    try (HttpsFence fence = fence(Scope.VOLUMES)) {
      answer = request -> "{\"fenced\": true, \"volumes\": [\"kubernetes.io/csi/d^a\"]}";
      FenceStatus status = ended(() -> fence.fence(target("n", A, B)));
      assertThat(status.state()).isEqualTo(State.FAILED);
      assertThat(status.text()).contains(B.id()).doesNotContain(A.id());
      assertThat(ended(() -> fence.fence(target("n", A))).confirmedVolumes())
          .containsExactly(A.id());
    }
  }

  @Test
  void nothing_but_true_is_a_yes() {
    for (String no :
        List.of("{\"fenced\": \"true\"}", "{\"fenced\": 1}", "{}", "[true]", "null", "true")) {
      answer = request -> no;
      try (HttpsFence fence = fence(Scope.NODE)) {
        assertThat(ended(() -> fence.fence(target("n"))).text()).as(no).contains("did not answer");
      }
    }
  }

  @Test
  void an_answer_that_is_too_long_or_never_whole_is_a_failure() {
    answer = request -> "\"" + "x".repeat(100_000) + "\"";
    try (HttpsFence fence = fence(Scope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).text()).contains("64 KiB");
    }
    answer =
        request -> {
          throw new IllegalStateException("the endpoint breaks");
        };
    try (HttpsFence fence = fence(Scope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).state()).isEqualTo(State.FAILED);
    }
  }

  @Test
  void after_the_attempts_there_is_a_pause() {
    answer = request -> "{\"fenced\": false}";
    try (HttpsFence fence = fence(Scope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).state()).isEqualTo(State.FAILED);
      fence.fence(target("n"));
      Awaitility.await().until(() -> asked.size() == 2);
      assertThat(ended(() -> fence.fence(target("n"))).state()).isEqualTo(State.FAILED);
      assertThat(fence.fence(target("n")).state()).isEqualTo(State.FAILED);
      assertThat(asked).hasSize(2);
      time.addAndGet(Duration.ofMinutes(6).toNanos());
      answer = request -> "{\"fenced\": true}";
      assertThat(fence.fence(target("n")).state()).isEqualTo(State.PENDING);
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
    }
  }

  @Test
  void a_token_file_that_cannot_be_read_is_a_failure_and_never_repeated() throws IOException {
    Path token = directory.resolve("token");
    try (HttpsFence fence = fence(Scope.NODE, Optional.of(token))) {
      assertThat(fence.fence(target("n")).text()).contains("token file");
      Files.writeString(token, "two\nlines-of-a-secret");
      assertThat(fence.fence(target("n")).text())
          .contains("not a bearer token")
          .doesNotContain("secret");
      assertThat(asked).isEmpty();
      time.addAndGet(Duration.ofMinutes(6).toNanos());
      Files.writeString(token, "good\n");
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
    }
  }

  @Test
  void a_node_waits_for_its_answer_and_another_node_does_not() {
    CountDownLatch slow = new CountDownLatch(1);
    answer =
        request -> {
          if (request.path("node").asText().equals("n")) {
            awaitThat(slow);
          }
          return "{\"fenced\": true, \"unfenced\": true}";
        };
    try (HttpsFence fence = fence(Scope.NODE)) {
      fence.fence(target("n"));
      Awaitility.await().until(() -> asked.size() == 1);
      assertThat(fence.unfence(target("n")).text()).contains("in flight");
      assertThat(asked).hasSize(1);
      slow.countDown();
      assertThat(ended(() -> fence.fence(target("other"))).isConfirmed()).isTrue();
      assertThat(ended(() -> fence.unfence(target("n"))).state()).isEqualTo(State.UNFENCED);
    }
  }

  private static void awaitThat(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void after_an_unfence_a_fence_is_asked_for_again() {
    answer = request -> "{\"fenced\": true, \"unfenced\": true}";
    try (HttpsFence fence = fence(Scope.NODE)) {
      ended(() -> fence.fence(target("n")));
      assertThat(ended(() -> fence.unfence(target("n"))).state()).isEqualTo(State.UNFENCED);
      assertThat(fence.fence(target("n")).state()).isEqualTo(State.PENDING);
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
      assertThat(asked)
          .extracting(request -> request.path("action").asText())
          .containsExactly("fence", "unfence", "fence");
    }
  }

  @Test
  void the_state_of_a_node_can_be_asked_for() {
    try (HttpsFence fence = fence(Scope.NODE)) {
      assertThat(ended(() -> fence.status(target("n"))).isConfirmed()).isTrue();
      time.addAndGet(Duration.ofMinutes(1).toNanos());
      answer = request -> "{\"fenced\": false}";
      fence.status(target("n"));
      assertThat(ended(() -> fence.status(target("n"))).state()).isEqualTo(State.UNFENCED);
      assertThat(asked.get(0).path("action").asText()).isEqualTo("status");
    }
  }

  @Test
  void an_answer_that_never_comes_is_a_failure() {
    server.close();
    try (HttpsFence fence = fence(Scope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).text()).isNotEmpty();
    }
  }
}
