package io.rwopguard.server.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.server.limits.ReviewCapacity.AbandonedException;
import io.rwopguard.server.limits.ReviewCapacity.OverloadedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReviewCapacityTest {

  private static final int KIB = 1024;

  private final Deque<Runnable> work = new ArrayDeque<>();
  private final List<String> started = new ArrayList<>();
  private final List<String> inAHurry = new ArrayList<>();

  private ReviewCapacity capacity = new ReviewCapacity(1000 * KIB, 4000 * KIB, work::add);

  private CompletableFuture<String> evaluate(String caller, String name, int kib) {
    return evaluate(caller, name, kib, new CompletableFuture<>(), new AtomicBoolean());
  }

  private CompletableFuture<String> evaluate(
      String caller,
      String name,
      int kib,
      CompletionStage<String> evaluation,
      AtomicBoolean abandoned) {
    CompletableFuture<String> result =
        capacity
            .evaluate(
                caller,
                kib * KIB,
                abandoned::get,
                mayTakeTime -> {
                  started.add(name);
                  if (!mayTakeTime) {
                    inAHurry.add(name);
                  }
                  return evaluation;
                })
            .toCompletableFuture();
    run();
    return result;
  }

  /** Occupies all capacity until the returned evaluation is complete. */
  private CompletableFuture<String> occupy() {
    CompletableFuture<String> first = new CompletableFuture<>();
    var unused = evaluate("x", "first", 1000, first, new AtomicBoolean());
    return first;
  }

  private void run() {
    while (!work.isEmpty()) {
      work.remove().run();
    }
  }

  private void complete(CompletableFuture<String> evaluation) {
    evaluation.complete("done");
    run();
  }

  private static CompletableFuture<String> done() {
    return CompletableFuture.completedFuture("done");
  }

  private static Throwable failure(CompletableFuture<?> result) {
    try {
      result.getNow(null);
      return new AssertionError("no failure");
    } catch (CompletionException e) {
      return e.getCause();
    }
  }

  @Test
  void evaluates_at_once_what_fits() {
    var unused = evaluate("a", "one", 400);
    var another = evaluate("a", "two", 400);
    var waits = evaluate("a", "three", 400);

    assertThat(started).containsExactly("one", "two");
    assertThat(inAHurry).isEmpty();
    assertThat(unused.isDone() || another.isDone() || waits.isDone()).isFalse();
  }

  @Test
  void evaluates_a_body_above_the_capacity_alone() {
    CompletableFuture<String> first = occupy();
    var huge = evaluate("a", "huge", 3000);
    complete(first);
    var next = evaluate("a", "next", 1);

    assertThat(started).containsExactly("first", "huge");
    assertThat(huge.isDone() || next.isDone()).isFalse();
  }

  @Test
  void a_caller_with_many_reviews_keeps_no_other_out() {
    CompletableFuture<String> first = occupy();
    for (int i = 0; i < 20; i++) {
      assertThat(evaluate("greedy", "small-" + i, 80)).isNotDone();
    }
    assertThat(evaluate("api-server", "large", 900)).isNotDone();
    complete(first);

    assertThat(started).startsWith("first", "large");
    // it may not wait for live reads, since others wait
    assertThat(inAHurry).contains("large");
  }

  @Test
  void a_large_review_is_not_overtaken_by_later_ones_of_its_caller() {
    CompletableFuture<String> first = new CompletableFuture<>();
    var unused = evaluate("x", "first", 100, first, new AtomicBoolean());
    var large = evaluate("a", "large", 2000);
    var small = evaluate("a", "small", 50);
    complete(first);

    assertThat(started).containsExactly("first", "large");
    assertThat(large.isDone() || small.isDone()).isFalse();
  }

  @Test
  void refuses_the_newest_of_the_caller_that_waits_with_the_most() {
    CompletableFuture<String> first = occupy();
    var greedy = evaluate("greedy", "one", 1500);
    var greedier = evaluate("greedy", "two", 1500);
    var other = evaluate("api-server", "large", 1400);

    assertThat(failure(greedier)).isInstanceOf(OverloadedException.class);
    assertThat(greedy.isDone() || other.isDone()).isFalse();
    assertThat(first).isNotDone();
  }

  @Test
  void refuses_none_while_removing_those_whose_callers_have_gone_is_enough() {
    CompletableFuture<String> first = occupy();
    AtomicBoolean abandoned = new AtomicBoolean();
    var gone = evaluate("greedy", "gone", 3000, new CompletableFuture<>(), abandoned);
    abandoned.set(true);
    var other = evaluate("greedy", "other", 3000);

    assertThat(failure(gone)).isInstanceOf(AbandonedException.class);
    assertThat(other).isNotDone();
    complete(first);
    assertThat(started).containsExactly("first", "other");
  }

  @Test
  void does_not_evaluate_what_was_abandoned_while_it_waited() {
    CompletableFuture<String> first = occupy();
    AtomicBoolean abandoned = new AtomicBoolean();
    var gone = evaluate("a", "gone", 50, new CompletableFuture<>(), abandoned);
    var next = evaluate("a", "next", 990, done(), new AtomicBoolean());
    abandoned.set(true);
    complete(first);

    assertThat(failure(gone)).isInstanceOf(AbandonedException.class);
    assertThat(next).isCompletedWithValue("done");
    assertThat(started).containsExactly("first", "next");
  }

  @Test
  void releases_what_a_failed_evaluation_held() {
    CompletableFuture<String> failing = new CompletableFuture<>();
    var result = evaluate("a", "failing", 1000, failing, new AtomicBoolean());
    failing.completeExceptionally(new IllegalStateException());
    assertThat(failure(result)).isInstanceOf(IllegalStateException.class);

    var thrown =
        capacity
            .<String>evaluate(
                "a",
                1000 * KIB,
                () -> false,
                mayTakeTime -> {
                  throw new IllegalArgumentException();
                })
            .toCompletableFuture();
    run();
    assertThat(failure(thrown)).isInstanceOf(IllegalArgumentException.class);

    assertThat(evaluate("a", "next", 1000, done(), new AtomicBoolean()))
        .isCompletedWithValue("done");
  }

  @Test
  void releases_what_no_thread_took() {
    AtomicBoolean ends = new AtomicBoolean(true);
    capacity =
        new ReviewCapacity(
            1000 * KIB,
            4000 * KIB,
            each -> {
              if (ends.get()) {
                throw new RejectedExecutionException();
              }
              each.run();
            });
    assertThat(failure(evaluate("a", "refused", 1000)))
        .isInstanceOf(RejectedExecutionException.class);
    ends.set(false);

    assertThat(evaluate("a", "next", 1000, done(), new AtomicBoolean()))
        .isCompletedWithValue("done");
  }
}
