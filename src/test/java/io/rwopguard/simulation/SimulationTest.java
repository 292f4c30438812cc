package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs schedules of faults against the real controller over virtual time.
 *
 * <p>{@code -Dschedules=N} says how many and {@code -Dseed=N} where they begin. {@link
 * SimulationIT} runs many more of them in the background of the integration tests.
 */
class SimulationTest {

  private static final long SCHEDULES = 1_000;

  @Test
  void no_schedule_violates_an_invariant() throws Exception {
    assertThat(Schedules.asked(SCHEDULES).run()).isEmpty();
  }

  /**
   * Found by 100,000 schedules: an opted-out Pod that was evicted without a grace period and still
   * wrote to a shared claim (9776), and one that a person deleted after its owner had opted out
   * (83803).
   */
  @ParameterizedTest
  @ValueSource(longs = {9776, 83803})
  void a_schedule_that_once_violated_an_invariant_does_so_no_more(long seed) {
    assertThat(new Simulation(seed, Set.of(), Set.of()).run()).isEmpty();
  }

  /** A failing seed has to fail once more when it is repeated, on whatever thread. */
  @Test
  void a_seed_gives_the_same_timeline_on_every_thread() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(4);
    try {
      for (long seed = 1; seed <= 20; seed++) {
        List<String> expected = timeline(seed);
        assertThat(expected).isNotEmpty();
        long repeated = seed;
        List<Future<List<String>>> others =
            IntStream.range(0, 4).mapToObj(i -> executor.submit(() -> timeline(repeated))).toList();
        for (Future<List<String>> other : others) {
          assertThat(other.get()).as("seed %d", seed).isEqualTo(expected);
        }
      }
    } finally {
      executor.shutdown();
    }
  }

  private static List<String> timeline(long seed) {
    Simulation simulation = new Simulation(seed, Set.of(), Set.of());
    List<String> lines = new ArrayList<>();
    simulation.run(simulation.faults(), lines::add);
    return lines;
  }
}
