package io.rwopguard.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampledTestsTest {

  /** Private, so that JUnit does not run it. */
  @Sampled(methods = 2)
  private static final class Scenarios {
    @Test
    void one() {}

    @Test
    void two() {}

    @Test
    void three() {}

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void each(int number) {
      assertThat(number).isPositive();
    }
  }

  @Sampled
  private static final class RowsOnly {
    @Test
    void one() {}

    @ParameterizedTest
    @ValueSource(ints = 1)
    void each(int number) {
      assertThat(number).isPositive();
    }
  }

  @Test
  void a_seed_chooses_so_many_test_methods_and_seeds_reach_them_all() {
    Set<String> reached = new HashSet<>();
    for (int seed = 0; seed < 50; seed++) {
      List<String> chosen = chosen(Scenarios.class, seed);
      // a test with its own rows chooses among those
      assertThat(chosen).hasSize(3).contains("each");
      reached.addAll(chosen);
    }
    assertThat(reached).containsExactlyInAnyOrder("one", "two", "three", "each");
  }

  @Sampled(classes = 2, turn = 0)
  private static final class First {}

  @Sampled(classes = 2, turn = 1)
  private static final class Second {}

  @Test
  void classes_that_take_turns_run_in_one_of_two_runs_each_and_all_in_a_whole_one() {
    for (int seed = -2; seed < 4; seed++) {
      Sample sample = new Sample(seed, false);
      assertThat(SampledTests.isTurn(First.class, sample)).isEqualTo(seed % 2 == 0);
      assertThat(SampledTests.isTurn(Second.class, sample)).isEqualTo(seed % 2 != 0);
      assertThat(SampledTests.isTurn(RowsOnly.class, sample)).isTrue();
      assertThat(SampledTests.isTurn(Second.class, new Sample(seed, true))).isTrue();
    }
  }

  @Test
  void a_class_whose_rows_are_sampled_runs_all_its_methods() {
    assertThat(chosen(RowsOnly.class, 1)).containsExactlyInAnyOrder("one", "each");
  }

  private static List<String> chosen(Class<?> test, long seed) {
    return Arrays.stream(test.getDeclaredMethods())
        .filter(method -> SampledTests.isChosen(test, method, new Sample(seed, false)))
        .map(Method::getName)
        .toList();
  }
}
