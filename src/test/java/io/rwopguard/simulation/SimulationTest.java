package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Violation;
import io.rwopguard.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

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

  @Test
  void the_claim_of_a_pod_that_opted_out_and_was_evicted_is_left_alone() {
    assertThat(
            run(
                9776,
                new Fault(Kind.NODE_CUT_FROM_ALL, 20_061_703_439L, 0, 406_748_446_700L, 0),
                new Fault(Kind.OPT_OUT, 20_000_000_000L, 0, 19_704_858_246L, 0),
                new Fault(Kind.DELETE_POD, 32_517_607_348L, 0, 13_502_489_424L, 0)))
        .isEmpty();
  }

  @Test
  void the_volumes_of_a_pod_that_a_person_deleted_after_it_opted_out_are_left_alone() {
    assertThat(
            run(
                83803,
                new Fault(Kind.NODE_CUT_FROM_ALL, 22_206_780_260L, 2, 499_613_583_427L, 0),
                new Fault(Kind.OPT_OUT, 63_488_617_381L, 0, 30_469_575_737L, 0),
                new Fault(Kind.FORCE_DELETE, 70_990_012_769L, 0, 28_142_613_013L, 0)))
        .isEmpty();
  }

  /** Runs faults, which random schedules once found, in the cluster of a seed. */
  private static Optional<Violation> run(long seed, Fault... faults) {
    return new Simulation(seed, Set.of(), Set.of()).run(List.of(faults), null);
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
