package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Violation;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Runs schedules of faults against the real controller over virtual time.
 *
 * <p>{@code -Dschedules=N} says how many and {@code -Dseed=N} where they begin. A schedule that
 * violates an invariant is shrunk, and its timeline is printed with the command that repeats it.
 */
class SimulationTest {

  private static final int SHOWN = 3;

  @Test
  void no_schedule_violates_an_invariant() {
    long first = Long.getLong("seed", 1);
    long count = Long.getLong("schedules", 2000);
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    Map<Long, Violation> violations = new TreeMap<>();
    for (long seed = first; seed < first + count; seed++) {
      Optional<Violation> violation = new Simulation(seed, Set.of(), Set.of()).run();
      if (violation.isPresent()) {
        violations.put(seed, violation.get());
      }
    }
    double seconds = (threads.getCurrentThreadCpuTime() - start) / 1e9;
    System.out.printf(
        "%d schedules from seed %d, %.0f in a second of one core%n", count, first, count / seconds);
    violations.forEach(
        (seed, violation) ->
            System.out.printf("seed %d: %s: %s%n", seed, violation.invariant(), violation.text()));
    violations.entrySet().stream()
        .limit(SHOWN)
        .forEach(each -> System.out.println(timeline(each.getKey(), each.getValue())));
    assertThat(violations).isEmpty();
  }

  /** Tells what happens in the smallest schedule of a seed that shows the violation. */
  private static String timeline(long seed, Violation violation) {
    Simulation simulation = new Simulation(seed, Set.of(), Set.of());
    List<Fault> faults = simulation.shrink(violation);
    List<String> lines = new ArrayList<>();
    simulation.run(faults, lines::add);
    return "seed %d, shrunk to %d faults; repeat it by ./mvnw test -Dtest=SimulationTest -Dseed=%d -Dschedules=1%n%s"
        .formatted(seed, faults.size(), seed, String.join(System.lineSeparator(), lines));
  }
}
