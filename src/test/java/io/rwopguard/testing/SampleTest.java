package io.rwopguard.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleTest {

  private static final List<Integer> ROWS = IntStream.range(0, 40).boxed().toList();

  @Test
  void seeds_reach_all_rows() {
    Set<Integer> reached = new HashSet<>();
    for (int seed = 0; seed < 200; seed++) {
      reached.addAll(new Sample(seed, false).choose("rows", ROWS, 4));
    }
    assertThat(reached).containsExactlyInAnyOrderElementsOf(ROWS);
  }

  @Test
  void all_rows_are_chosen_about_equally_often() {
    int[] often = new int[ROWS.size()];
    for (int seed = 0; seed < 4000; seed++) {
      new Sample(seed, false).choose("rows", ROWS, 4).forEach(row -> often[row]++);
    }
    // 400 each, with a standard deviation of 19
    assertThat(IntStream.of(often)).allMatch(count -> count > 300 && count < 500);
  }

  @Test
  void rows_are_distinct_and_in_the_order_of_the_table() {
    for (int seed = 0; seed < 50; seed++) {
      assertThat(new Sample(seed, false).choose("rows", ROWS, 5))
          .hasSize(5)
          .doesNotHaveDuplicates()
          .isSorted();
    }
  }

  @Test
  void the_same_seed_chooses_the_same_rows_and_another_table_others() {
    Sample sample = new Sample(7, false);
    assertThat(sample.choose("rows", ROWS, 4))
        .isEqualTo(new Sample(7, false).choose("rows", ROWS, 4));
    assertThat(sample.choose("rows", ROWS, 4)).isNotEqualTo(sample.choose("others", ROWS, 4));
  }

  @Test
  void the_whole_table_has_all_rows() {
    assertThat(new Sample(7, true).choose("rows", ROWS, 4)).isEqualTo(ROWS);
    assertThat(new Sample(7, false).choose("rows", ROWS, 50)).isEqualTo(ROWS);
  }

  @Test
  void a_seed_is_a_number_or_random() {
    assertThat(Sample.seed("42")).isEqualTo(42);
    assertThat(Sample.seed("random")).isBetween(100_000L, 999_999L);
  }

  @Test
  void the_command_that_repeats_a_failure_names_the_class_and_the_seed() {
    assertThat(new Sample(42, false).repeat(SampleTest.class))
        .isEqualTo(
            "./mvnw -B -ntp verify -Pcluster -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dit.test=SampleTest -DargLine=-Dseed=42");
    assertThat(new Sample(42, true).repeat(SampleTest.class)).endsWith("-DargLine=-Dtables=whole");
  }
}
