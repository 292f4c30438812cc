package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.certificates.TestCertificates;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.testing.network.TestHttpsServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only a clear answer to the request confirms; everything else is a failure with a reason. */
class HttpsFenceTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final FencedVolume A = new FencedVolume("d", "a", "pv-a", "");
  private static final FencedVolume B = new FencedVolume("d", "b", "pv-b", "");
  private static final Vertx VERTX = Vertx.vertx();

  @TempDir Path directory;

  private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
  private final AtomicLong time = new AtomicLong();
  private volatile Function<JsonNode, String> answer = request -> "{\"fenced\": true}";
  private BooleanSupplier mayAsk = () -> true;
  private LongSupplier sequence = new AtomicLong(1)::getAndIncrement;
  private TestHttpsServer server;

  @AfterAll
  static void closeVertx() {
    var unused = VERTX.close();
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

  private HttpsFence fence(FenceScope scope, Optional<Path> token) {
    return fence(scope, token, server.ca());
  }

  private HttpsFence fence(FenceScope scope, Optional<Path> token, Path ca) {
    return new HttpsFence(
        VERTX,
        new HttpsFenceSettings(
            "power",
            scope,
            URI.create(server.url("/fence")),
            Optional.of(ca),
            token,
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            2,
            Duration.ofMinutes(5)),
        mayAsk,
        sequence,
        time::get);
  }

  private HttpsFence fence(FenceScope scope) {
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
  void a_ca_certificate_that_cannot_be_read_is_said() {
    try (HttpsFence fence =
        fence(FenceScope.NODE, Optional.empty(), server.ca().resolveSibling("gone.crt"))) {
      assertThat(ended(() -> fence.fence(target("n"))).toString()).contains("gone.crt");
    }
  }

  @Test
  void a_node_is_fenced_once() {
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(fence.fence(target("n")).state()).isEqualTo(State.PENDING);
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
      assertThat(asked).hasSize(1);
      assertThat(asked.get(0).toString())
          .contains("\"action\":\"fence\"", "\"node\":\"n\"", "\"bootId\":\"boot\"")
          .doesNotContain("db-0");
    }
  }

  @Test
  void a_rotated_ca_is_trusted_without_a_restart() throws Exception {
    TestCertificates.make(directory);
    Path ca = directory.resolve("ca.crt");
    try (HttpsFence fence = fence(FenceScope.NODE, Optional.empty(), ca)) {
      FenceStatus refused = ended(() -> fence.fence(target("n")));
      assertThat(refused.isConfirmed()).isFalse();
      Files.copy(server.ca(), ca, StandardCopyOption.REPLACE_EXISTING);
      // after the pause that follows the attempts
      time.addAndGet(Duration.ofMinutes(6).toNanos());
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
    }
  }

  @Test
  void a_volume_that_is_missing_in_the_answer_is_not_confirmed() {
    try (HttpsFence fence = fence(FenceScope.VOLUMES)) {
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
      try (HttpsFence fence = fence(FenceScope.NODE)) {
        assertThat(ended(() -> fence.fence(target("n"))).text()).as(no).contains("did not answer");
      }
    }
  }

  @Test
  void an_answer_that_is_too_long_or_never_whole_is_a_failure() {
    answer = request -> "\"" + "x".repeat(100_000) + "\"";
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).text()).contains("64 KiB");
    }
    answer =
        request -> {
          throw new IllegalStateException("the endpoint breaks");
        };
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).state()).isEqualTo(State.FAILED);
    }
  }

  @Test
  void after_the_attempts_there_is_a_pause() {
    answer = request -> "{\"fenced\": false}";
    try (HttpsFence fence = fence(FenceScope.NODE)) {
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
    try (HttpsFence fence = fence(FenceScope.NODE, Optional.of(token))) {
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
    try (HttpsFence fence = fence(FenceScope.NODE)) {
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
    awaitThat(latch, Duration.ofMinutes(1));
  }

  private static void awaitThat(CountDownLatch latch, Duration time) {
    try {
      var unused = latch.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void after_an_unfence_a_fence_is_asked_for_again() {
    answer = request -> "{\"fenced\": true, \"unfenced\": true}";
    try (HttpsFence fence = fence(FenceScope.NODE)) {
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
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(ended(() -> fence.status(target("n"))).isConfirmed()).isTrue();
      time.addAndGet(Duration.ofMinutes(1).toNanos());
      answer = request -> "{\"fenced\": false}";
      fence.status(target("n"));
      assertThat(ended(() -> fence.status(target("n"))).state()).isEqualTo(State.UNFENCED);
      assertThat(asked.get(0).path("action").asText()).isEqualTo("status");
    }
  }

  @Test
  void each_request_has_a_greater_number_than_the_one_before() {
    answer = request -> "{\"fenced\": true, \"unfenced\": true}";
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      ended(() -> fence.fence(target("n")));
      ended(() -> fence.unfence(target("n")));
      ended(() -> fence.status(target("n")));
      ended(() -> fence.fence(target("other")));
      assertThat(asked)
          .extracting(request -> request.path("sequence").asLong())
          .containsExactly(1L, 2L, 3L, 4L);
    }
  }

  @Test
  void a_late_unfence_of_a_deposed_leader_undoes_no_fence() {
    FenceReceiver receiver = new FenceReceiver();
    answer = request -> receiver.answer(request).toString();
    StoredConfigMaps store = new StoredConfigMaps();
    LongSupplier deposed = new FenceSequence(store, "guard", () -> 1, Instant::now);
    long early = deposed.getAsLong();
    sequence = new FenceSequence(store, "guard", () -> 1, Instant::now);
    try (HttpsFence leader = fence(FenceScope.NODE)) {
      assertThat(ended(() -> leader.fence(target("n"))).isConfirmed()).isTrue();
    }
    sequence = () -> early;
    try (HttpsFence late = fence(FenceScope.NODE)) {
      FenceStatus refused = ended(() -> late.unfence(target("n")));
      assertThat(refused.state()).isEqualTo(State.FAILED);
      assertThat(refused.text()).contains("409", "node n", Long.toString(early));
    }
    assertThat(receiver.isFenced("n")).isTrue();
  }

  @Test
  void nothing_is_asked_without_a_number_and_that_is_no_attempt() {
    sequence =
        () -> {
          throw new IllegalStateException("the API server is down");
        };
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      for (int i = 0; i < 5; i++) {
        assertThat(fence.fence(target("n")).text()).contains("the API server is down");
      }
      assertThat(asked).isEmpty();
    }
    sequence = () -> 1;
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
    }
  }

  @Test
  void an_answer_does_not_wait_for_the_number_of_another_request() throws Exception {
    CountDownLatch stored = new CountDownLatch(1);
    AtomicInteger requests = new AtomicInteger();
    sequence =
        () -> {
          if (requests.getAndIncrement() == 1) {
            awaitThat(stored);
          }
          return requests.get();
        };
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      fence.fence(target("n"));
      Thread other = new Thread(() -> fence.fence(target("other")));
      other.start();
      Awaitility.await().until(() -> requests.get() == 2);
      AtomicReference<FenceStatus> status = new AtomicReference<>();
      Thread asking = new Thread(() -> status.set(ended(() -> fence.fence(target("n")))));
      asking.start();
      asking.join(10_000);
      assertThat(other.isAlive()).isTrue();
      assertThat(status.get()).extracting(FenceStatus::isConfirmed).isEqualTo(true);
      stored.countDown();
      other.join();
      assertThat(ended(() -> fence.fence(target("other"))).isConfirmed()).isTrue();
    } finally {
      stored.countDown();
    }
  }

  @Test
  void nothing_is_sent_if_leadership_ends_while_it_connects() {
    AtomicInteger questions = new AtomicInteger();
    mayAsk = () -> questions.getAndIncrement() == 0;
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      fence.unfence(target("n"));
      Awaitility.await().until(() -> questions.get() >= 2);
      Awaitility.await().pollInSameThread().during(Duration.ofMillis(500)).until(asked::isEmpty);
    }
  }

  @Test
  void an_unfence_that_is_not_answered_ends_before_another_replica_leads() {
    answer =
        request -> {
          awaitThat(Duration.ofMillis(2500));
          return "{\"fenced\": true, \"unfenced\": true}";
        };
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      long begin = System.nanoTime();
      assertThat(ended(() -> fence.unfence(target("n"))).state()).isEqualTo(State.FAILED);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(2200));
    }
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).isConfirmed()).isTrue();
    }
  }

  private static void awaitThat(Duration time) {
    awaitThat(new CountDownLatch(1), time);
  }

  @Test
  void an_answer_that_never_comes_is_a_failure() {
    server.close();
    try (HttpsFence fence = fence(FenceScope.NODE)) {
      assertThat(ended(() -> fence.fence(target("n"))).text()).isNotEmpty();
    }
  }
}
