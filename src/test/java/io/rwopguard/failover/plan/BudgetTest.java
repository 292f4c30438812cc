package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BudgetTest {

  private static final Instant NOW = Instant.parse("2026-11-24T01:00:00Z");
  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");

  private final Budget budget = new Budget(2, 3, 4);
  private final List<Budget.Entry> history = new ArrayList<>();

  private void been(int minutesAgo, String node, String claim) {
    history.add(
        new Budget.Entry(
            NOW.minusSeconds(60L * minutesAgo), node, Set.of(new ClaimKey("shop", claim))));
  }

  private Optional<String> refusal() {
    return budget.check(history, "n", Set.of(CLAIM), NOW).map(Refusal::text);
  }

  @Test
  void there_may_be_a_first_one() {
    assertThat(refusal()).isEmpty();
  }

  @Test
  void a_workload_that_fails_over_again_and_again_stays_where_it_is() {
    been(50, "a", "data");
    assertThat(refusal()).isEmpty();
    been(10, "b", "data");
    assertThat(refusal()).get().asString().contains("claim shop/data", "max-per-claim-per-hour=2");
  }

  @Test
  void ignores_what_is_older_than_an_hour() {
    been(61, "a", "data");
    been(60, "b", "data");
    been(10, "c", "data");
    assertThat(refusal()).isEmpty();
  }

  @Test
  void a_node_and_the_cluster_have_separate_limits() {
    been(1, "n", "one");
    been(1, "n", "two");
    assertThat(refusal()).isEmpty();
    been(1, "n", "three");
    assertThat(refusal()).get().asString().contains("node n", "max-per-node-per-hour=3");
    history.clear();
    for (String claim : List.of("one", "two", "three", "four")) {
      been(1, "of-" + claim, claim);
    }
    assertThat(refusal()).get().asString().contains("the cluster", "max-per-hour=4");
  }

  @Test
  void ignores_what_is_far_in_the_future() {
    for (int i = 0; i < 60; i++) {
      history.add(
          new Budget.Entry(
              Instant.parse("9999-01-01T00:00:00Z"), "n", Set.of(new ClaimKey("shop", "data"))));
      history.add(new Budget.Entry(Instant.MAX, "n", Set.of(new ClaimKey("shop", "data"))));
    }
    assertThat(refusal()).isEmpty();
  }
}
