package io.rwopguard.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DecisionsTest {

  private static final Decision ALLOWED = Decision.allowed("reader");
  private static final Decision FORBIDDEN = Decision.forbidden("tenant");

  private final Map<String, Decision> answers = new HashMap<>(Map.of("good", ALLOWED));
  private final List<String> asked = new ArrayList<>();
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private long now;
  private int callers;

  private final Decisions decisions =
      new Decisions(
          (token, path) -> {
            asked.add(token + " " + path);
            Decision answer = answers.getOrDefault(token, Decision.UNAUTHENTICATED);
            if (answer == null) {
              throw new IllegalStateException("a bug");
            }
            return answer;
          },
          waiting::add,
          Duration.ofMinutes(1),
          Duration.ofSeconds(10),
          () -> now);

  private Decision ask(String token, String path) {
    CompletableFuture<Decision> answer = decisions.of(token, path, another());
    runWaiting();
    return answer.getNow(null);
  }

  /** An address that has asked nothing yet. */
  private String another() {
    return "caller-" + callers++;
  }

  private void runWaiting() {
    while (!waiting.isEmpty()) {
      waiting.remove().run();
    }
  }

  private void pass(int seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void a_right_that_is_revoked_ends_within_a_minute() {
    assertThat(ask("good", "/failover")).isEqualTo(ALLOWED);
    answers.put("good", FORBIDDEN);
    pass(59);
    assertThat(ask("good", "/failover")).isEqualTo(ALLOWED);
    pass(1);
    assertThat(ask("good", "/failover")).isEqualTo(FORBIDDEN);
    assertThat(asked).hasSize(2);
  }

  @Test
  void the_minute_starts_when_the_question_is_asked() {
    CompletableFuture<Decision> slow = decisions.of("good", "/failover", "10.0.0.1");
    pass(30);
    runWaiting();
    assertThat(slow).isCompletedWithValue(ALLOWED);
    answers.put("good", FORBIDDEN);
    pass(30);
    assertThat(ask("good", "/failover")).isEqualTo(FORBIDDEN);
  }

  @Test
  void a_right_that_is_granted_counts_within_ten_seconds() {
    answers.put("new", FORBIDDEN);
    assertThat(ask("new", "/failover")).isEqualTo(FORBIDDEN);
    answers.put("new", ALLOWED);
    pass(9);
    assertThat(ask("new", "/failover")).isEqualTo(FORBIDDEN);
    pass(1);
    assertThat(ask("new", "/failover")).isEqualTo(ALLOWED);
  }

  @Test
  void a_decision_is_for_one_token_and_one_path() {
    assertThat(ask("good", "/failover")).isEqualTo(ALLOWED);
    assertThat(ask("good", "/q/metrics")).isEqualTo(ALLOWED);
    assertThat(ask("other", "/failover")).isEqualTo(Decision.UNAUTHENTICATED);
    assertThat(asked).containsExactly("good /failover", "good /q/metrics", "other /failover");
  }

  @Test
  void requests_with_the_same_token_and_path_share_a_question() {
    List<CompletableFuture<Decision>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(decisions.of("good", "/failover", "10.0.0.1"));
    }
    assertThat(waiting).hasSize(1);
    // more than so many do not wait
    assertThat(all.subList(Waiters.MOST, 100))
        .allSatisfy(each -> assertThat(each).isCompletedWithValue(Decision.BUSY));
    runWaiting();
    assertThat(all.subList(0, Waiters.MOST))
        .allSatisfy(each -> assertThat(each).isCompletedWithValue(ALLOWED));
  }

  @Test
  void requests_that_wait_are_limited_in_all() {
    List<CompletableFuture<Decision>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      for (int j = 0; j < 100; j++) {
        all.add(decisions.of("unknown-" + i, "/failover", another()));
      }
    }
    assertThat(all.stream().filter(each -> !each.isDone())).hasSize(3 * Waiters.MOST);
  }

  @Test
  void a_request_that_has_gone_waits_no_longer() {
    for (int i = 0; i < 100; i++) {
      CompletableFuture<Decision> gone = decisions.of("good", "/failover", "10.0.0.1");
      assertThat(gone).isNotDone();
      gone.cancel(false);
    }
    CompletableFuture<Decision> last = decisions.of("good", "/failover", "10.0.0.1");
    assertThat(waiting).hasSize(1);
    runWaiting();
    assertThat(last).isCompletedWithValue(ALLOWED);
  }

  @Test
  void an_api_server_that_cannot_be_asked_allows_nothing_and_is_asked_again() {
    answers.put("good", Decision.UNAVAILABLE);
    assertThat(ask("good", "/failover")).isEqualTo(Decision.UNAVAILABLE);
    answers.put("good", ALLOWED);
    assertThat(ask("good", "/failover")).isEqualTo(ALLOWED);
    pass(60);
    answers.put("good", Decision.UNAVAILABLE);
    assertThat(ask("good", "/failover")).isEqualTo(Decision.UNAVAILABLE);
  }

  @Test
  void a_question_that_fails_allows_nothing() {
    Decisions broken =
        new Decisions(
            (token, path) -> {
              throw new IllegalStateException("a bug");
            },
            Runnable::run,
            Duration.ofMinutes(1),
            Duration.ofSeconds(10),
            () -> now);
    assertThat(broken.of("good", "/failover", "10.0.0.1"))
        .isCompletedWithValue(Decision.UNAVAILABLE);
  }

  @Test
  void no_more_than_three_unknown_tokens_are_checked_at_a_time() {
    List<CompletableFuture<Decision>> flood = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      flood.add(decisions.of("unknown-" + i, "/failover", another()));
    }
    assertThat(waiting).hasSize(3);
    assertThat(flood.subList(3, 100))
        .allSatisfy(each -> assertThat(each).isCompletedWithValue(Decision.BUSY));
    runWaiting();
    assertThat(decisions.of("unknown-3", "/failover", another())).isNotDone();
  }

  @Test
  void no_more_than_seven_unknown_tokens_are_checked_each_second() {
    for (int tenth = 0; tenth < 600; tenth++) {
      for (int i = 0; i < 20; i++) {
        ask("unknown-%d-%d".formatted(tenth, i), "/failover");
      }
      now += TimeUnit.MILLISECONDS.toNanos(100);
    }
    // in a minute, and fourteen at its start
    assertThat(asked).hasSizeBetween(420, 434);
  }

  @Test
  void a_flood_of_unknown_tokens_keeps_no_known_reader_out() {
    assertThat(ask("good", "/q/metrics")).isEqualTo(ALLOWED);
    for (int second = 0; second < 3000; second++) {
      for (int i = 0; i < 20; i++) {
        var unused = decisions.of("unknown-%d-%d".formatted(second, i), "/q/metrics", another());
      }
      if (second % 30 == 0) {
        CompletableFuture<Decision> known = decisions.of("good", "/q/metrics", "10.0.0.1");
        runWaiting();
        assertThat(known).isCompletedWithValue(ALLOWED);
      }
      runWaiting();
      pass(1);
    }
  }

  @Test
  void one_address_takes_a_part_of_the_limit_only() {
    for (int second = 0; second < 60; second++) {
      for (int i = 0; i < 20; i++) {
        var unused = decisions.of("unknown-%d-%d".formatted(second, i), "/q/metrics", "10.0.0.1");
        runWaiting();
      }
      pass(1);
    }
    // three a second, and six at the start
    assertThat(asked).hasSizeBetween(180, 186);

    for (int i = 0; i < 9; i++) {
      var unused = decisions.of("waits-" + i, "/q/metrics", "10.0.0.1");
    }
    assertThat(waiting).hasSize(2);
    CompletableFuture<Decision> other = decisions.of("good", "/q/metrics", "10.0.0.2");
    runWaiting();
    assertThat(other).isCompletedWithValue(ALLOWED);
  }

  @Test
  void one_token_takes_a_part_of_the_limit_for_known_ones_only() {
    answers.put("greedy", ALLOWED);
    for (int i = 0; i < 100; i++) {
      assertThat(ask("greedy", "/path-" + i)).isEqualTo(ALLOWED);
      pass(1);
    }
    assertThat(ask("good", "/q/metrics")).isEqualTo(ALLOWED);
    pass(60);
    asked.clear();
    for (int i = 0; i < 100; i++) {
      ask("greedy", "/path-" + i);
    }
    assertThat(asked).hasSize(6);
    pass(2);
    for (int i = 0; i < 100; i++) {
      var unused = decisions.of("greedy", "/path-" + i, another());
    }
    assertThat(waiting).hasSize(2);
    CompletableFuture<Decision> other = decisions.of("good", "/q/metrics", another());
    runWaiting();
    assertThat(other).isCompletedWithValue(ALLOWED);
  }

  @Test
  void a_flood_keeps_no_renewed_token_of_a_known_address_out() {
    assertThat(decisionOf("good", "10.0.0.1")).isEqualTo(ALLOWED);
    // another address that is known by an answer from memory
    assertThat(decisionOf("good", "10.0.0.2")).isEqualTo(ALLOWED);
    pass(3_500);
    flood();
    for (String address : List.of("10.0.0.1", "10.0.0.2")) {
      answers.put("renewed-" + address, ALLOWED);
      assertThat(decisionOf("renewed-" + address, address)).isEqualTo(ALLOWED);
    }
    assertThat(decisionOf("good", "10.0.0.3")).isEqualTo(ALLOWED);
    assertThat(decisionOf("renewed", "10.0.0.4")).isEqualTo(Decision.BUSY);
  }

  @Test
  void an_address_is_known_for_an_hour() {
    assertThat(decisionOf("good", "10.0.0.1")).isEqualTo(ALLOWED);
    pass(3_600);
    flood();
    assertThat(decisionOf("renewed", "10.0.0.1")).isEqualTo(Decision.BUSY);
  }

  @Test
  void a_known_address_may_use_the_limit_for_the_others_too() {
    for (int i = 0; i < 6; i++) {
      String address = "10.0.0." + i;
      assertThat(decisionOf("good", address)).isEqualTo(ALLOWED);
    }
    for (int i = 0; i < 6; i++) {
      var unused = decisions.of("renewed-" + i, "/failover", "10.0.0." + i);
    }
    assertThat(waiting).hasSize(5);
  }

  /** Uses up the limit for unknown tokens, from many addresses. */
  private void flood() {
    for (int i = 0; i < 100; i++) {
      ask("unknown-" + i, "/failover");
    }
  }

  private Decision decisionOf(String token, String address) {
    CompletableFuture<Decision> answer = decisions.of(token, "/failover", address);
    runWaiting();
    return answer.getNow(null);
  }

  @Test
  void the_addresses_of_an_ipv6_network_share_their_part() {
    for (int i = 0; i < 20; i++) {
      decisionOf("unknown-" + i, "2001:db8:0:1:0:0:0:" + Integer.toHexString(i));
    }
    assertThat(asked).hasSize(6);
    assertThat(decisionOf("good", "2001:db8:0:1:ffff::1%eth0")).isEqualTo(Decision.BUSY);
    assertThat(decisionOf("good", "2001:db8:0:2::1")).isEqualTo(ALLOWED);
  }

  @Test
  void what_the_common_limit_refuses_costs_an_address_nothing() {
    for (int i = 0; i < 3; i++) {
      var unused = decisions.of("unknown-" + i, "/failover", another());
    }
    for (int i = 0; i < 50; i++) {
      assertThat(decisionOfBusy("early-" + i)).isEqualTo(Decision.BUSY);
    }
    runWaiting();
    for (int i = 0; i < 6; i++) {
      assertThat(decisionOf("late-" + i, "10.0.0.1")).isEqualTo(Decision.UNAUTHENTICATED);
    }
    assertThat(decisionOf("late", "10.0.0.1")).isEqualTo(Decision.BUSY);
  }

  private Decision decisionOfBusy(String token) {
    return decisions.of(token, "/failover", "10.0.0.1").getNow(null);
  }

  @Test
  void a_reader_whose_right_ended_is_no_longer_known() {
    ask("good", "/failover");
    answers.put("good", FORBIDDEN);
    pass(60);
    ask("good", "/failover");
    pass(10);
    for (int i = 0; i < 4; i++) {
      var unused = decisions.of("unknown-" + i, "/failover", another());
    }
    assertThat(decisions.of("good", "/failover", another())).isCompletedWithValue(Decision.BUSY);
  }

  @Test
  void what_is_remembered_is_bounded() {
    for (int i = 0; i < 2000; i++) {
      answers.put("good-" + i, ALLOWED);
      ask("good-" + i, "/failover");
      now += TimeUnit.MILLISECONDS.toNanos(100);
    }
    asked.clear();
    answers.clear();
    // the latest are remembered for their minute, and the others have no entry left
    assertThat(ask("good-1999", "/failover")).isEqualTo(ALLOWED);
    assertThat(ask("good-1500", "/failover")).isEqualTo(Decision.UNAUTHENTICATED);
    assertThat(asked).containsExactly("good-1500 /failover");
  }

  @Test
  void an_error_of_the_jvm_takes_no_place_of_later_questions() {
    boolean[] fails = {true};
    Decisions withoutMemory =
        new Decisions(
            (token, path) -> ALLOWED,
            work -> {
              if (fails[0]) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              work.run();
            },
            Duration.ofMinutes(1),
            Duration.ofSeconds(10),
            () -> now);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> withoutMemory.of("good", "/failover", "10.0.0.1"))
          .isInstanceOf(OutOfMemoryError.class);
    }
    fails[0] = false;
    assertThat(withoutMemory.of("good", "/failover", "10.0.0.1")).isCompletedWithValue(ALLOWED);
  }

  @Test
  void a_service_that_ends_checks_no_token() {
    Decisions ended =
        new Decisions(
            (token, path) -> ALLOWED,
            work -> {
              throw new RejectedExecutionException();
            },
            Duration.ofMinutes(1),
            Duration.ofSeconds(10),
            () -> now);
    for (int i = 0; i < 10; i++) {
      assertThat(ended.of("good", "/failover", "10.0.0.1")).isCompletedWithValue(Decision.BUSY);
    }
  }
}
