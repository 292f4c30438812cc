package io.rwopguard.migration.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Checks when a fleet starts another workload. */
class FleetPaceTest {

  private static final Optional<Window> NIGHT = Optional.of(Window.parse("01:00-05:00"));
  private static final Optional<Window> OPEN = Optional.of(Window.parse("00:00-23:59"));

  private final SetClock clock = new SetClock("2026-11-28T00:29:30Z");
  private final List<String> said = new CopyOnWriteArrayList<>();
  private FleetPace pace;

  /** A clock that stands still until it is set, and knows how often it was read. */
  private static final class SetClock implements InstantSource {

    private final AtomicInteger reads = new AtomicInteger();
    private volatile Instant now;

    SetClock(String now) {
      set(now);
    }

    void set(String time) {
      now = Instant.parse(time);
    }

    @Override
    public Instant instant() {
      reads.incrementAndGet();
      return now;
    }
  }

  private void makePace(int parallel, int failures, Optional<Window> window) {
    pace =
        new FleetPace(
            new Fleet.Settings(Set.of(), "", parallel, window, failures, Duration.ofMinutes(5)),
            clock,
            ZoneOffset.UTC);
  }

  /** Lets no test leave a thread behind. */
  @AfterEach
  void endWaiting() {
    pace.pause();
  }

  /** Returns whether another workload may start, as soon as that is decided. */
  private CompletableFuture<Boolean> mayBegin() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return pace.mayBegin(false, said::add);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static boolean decided(CompletableFuture<Boolean> answer) throws Exception {
    return answer.get(10, TimeUnit.SECONDS);
  }

  /** It reads the clock first each time that it decides; at the second time it has decided once. */
  private CompletableFuture<Boolean> assertWaits() {
    int before = clock.reads.get();
    CompletableFuture<Boolean> answer = mayBegin();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(10))
        .until(() -> answer.isDone() || clock.reads.get() >= before + 2);
    assertThat(answer).isNotDone();
    return answer;
  }

  private static Optional<ObjectKey> set(String name) {
    return Optional.of(new ObjectKey(Kind.STATEFUL_SET, "shop", name));
  }

  @Test
  void a_closed_window_lets_none_begin_and_is_said_once() throws Exception {
    makePace(1, 1, NIGHT);
    CompletableFuture<Boolean> first = assertWaits();
    clock.set("2026-11-28T01:00:00Z");
    assertThat(decided(first)).isTrue();
    assertThat(said)
        .containsExactly("waiting for the window 01:00-05:00, which opens in 31 minutes");
    clock.set("2026-11-28T04:59:59Z");
    assertThat(decided(mayBegin())).isTrue();
  }

  @Test
  void starts_no_more_than_may_run_side_by_side() throws Exception {
    makePace(2, 1, OPEN);
    assertThat(decided(mayBegin())).isTrue();
    assertThat(pace.begins(set("a"))).isEqualTo(1);
    assertThat(decided(mayBegin())).isTrue();
    assertThat(pace.begins(set("b"))).isEqualTo(2);
    CompletableFuture<Boolean> third = assertWaits();
    assertThat(said).isEmpty();
    pace.ends(set("a"), true);
    assertThat(decided(third)).isTrue();
    assertThat(pace.running()).isEqualTo(1);
  }

  @Test
  void a_move_is_known_until_it_ends() throws Exception {
    makePace(3, 1, Optional.empty());
    assertThat(decided(mayBegin())).isTrue();
    assertThat(pace.isMoving(set("a"))).isFalse();
    pace.begins(set("a"));
    assertThat(pace.isMoving(set("a"))).isTrue();
    assertThat(pace.isMoving(set("b"))).isFalse();
    pace.begins(Optional.empty());
    assertThat(pace.isMoving(Optional.empty())).isFalse();
    pace.ends(set("a"), false);
    assertThat(pace.isMoving(set("a"))).isFalse();
  }

  @Test
  void starts_no_other_one_after_so_many_failures() throws Exception {
    makePace(2, 2, OPEN);
    pace.begins(set("a"));
    pace.ends(set("a"), false);
    pace.begins(set("b"));
    pace.ends(set("b"), true);
    assertThat(decided(mayBegin())).isTrue();
    pace.begins(set("c"));
    pace.begins(set("d"));
    CompletableFuture<Boolean> waiting = assertWaits();
    pace.ends(set("c"), false);
    assertThat(decided(waiting)).isFalse();
    assertThat(pace.whyNot()).isEqualTo("2 migrations failed");
  }

  @Test
  void a_fleet_that_is_paused_begins_none_whatever_it_waits_for() throws Exception {
    makePace(1, 1, NIGHT);
    CompletableFuture<Boolean> waiting = assertWaits();
    pace.pause();
    assertThat(decided(waiting)).isFalse();
    assertThat(pace.whyNot()).isEqualTo("paused");
    clock.set("2026-11-28T02:00:00Z");
    assertThat(decided(mayBegin())).isFalse();
  }

  @Test
  void a_signal_a_closed_window_and_failures_close_it_at_once_but_not_for_what_was_started() {
    makePace(1, 1, NIGHT);
    assertThat(pace.isOpen(false)).isFalse();
    assertThat(pace.isOpen(true)).isTrue();
    clock.set("2026-11-28T02:00:00Z");
    assertThat(pace.isOpen(false)).isTrue();
    pace.failed();
    assertThat(pace.isOpen(false)).isFalse();
    assertThat(pace.isOpen(true)).isTrue();
    pace.pause();
    assertThat(pace.isOpen(true)).isFalse();
  }
}
