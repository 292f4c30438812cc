package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Invariant;
import io.rwopguard.simulation.Checker.Violation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulation finds faults that the controller once had, once a test brings them back. */
class SimulationFindsTest {

  @ParameterizedTest
  @CsvSource({"S1,315", "S2,5517", "S3,231", "S6,47", "S7,98", "S14,370", "UNCERTAIN,257"})
  void a_fault_that_comes_back_is_found(OldBehavior old, long seed) {
    Optional<Violation> found = simulation(seed, EnumSet.of(old)).run();
    assertThat(found.map(Violation::invariant)).contains(old.violates());
    assertThat(simulation(seed, Set.of()).run()).isEmpty();
  }

  @Test
  void a_schedule_is_shrunk_to_the_faults_that_the_violation_takes() {
    long seed = 315;
    Simulation simulation = simulation(seed, EnumSet.of(OldBehavior.S1));
    Violation found = simulation.run().orElseThrow();
    List<Fault> shrunk = simulation.shrink(found);
    assertThat(simulation.faults()).hasSizeGreaterThan(shrunk.size()).containsAll(shrunk);
    assertThat(invariant(simulation, shrunk)).contains(Invariant.TWO_WRITERS);
    for (Fault each : shrunk) {
      List<Fault> fewer = new ArrayList<>(shrunk);
      fewer.remove(each);
      assertThat(invariant(simulation, fewer))
          .as("without %s", each)
          .isNotEqualTo(Optional.of(found.invariant()));
    }

    String timeline = Schedules.timeline(seed, simulation, found);
    assertThat(timeline)
        .contains(
            "shrunk to %d faults".formatted(shrunk.size()),
            "./mvnw test -Dtest=SimulationTest -Dseed=315 -Dschedules=1",
            "VIOLATION TWO_WRITERS");
    assertThat(shrunk).allSatisfy(fault -> assertThat(timeline).contains("FAULT " + fault));
    assertThat(timeline.lines().filter(line -> line.contains("FAULT "))).hasSize(shrunk.size());
  }

  private static Optional<Invariant> invariant(Simulation simulation, List<Fault> faults) {
    return simulation.run(faults, null).map(Violation::invariant);
  }

  private static Simulation simulation(long seed, Set<OldBehavior> old) {
    return new Simulation(seed, old, Set.of());
  }

  /** Finds a seed for the table above, from a seed to another, for each of the named faults. */
  public static void main(String[] arguments) {
    long last = Long.parseLong(arguments[1]);
    for (int i = 2; i < arguments.length; i++) {
      OldBehavior old = OldBehavior.valueOf(arguments[i]);
      boolean found = false;
      for (long seed = Long.parseLong(arguments[0]); seed <= last && !found; seed++) {
        Optional<Violation> violation = simulation(seed, EnumSet.of(old)).run();
        found =
            violation.filter(v -> v.invariant() == old.violates()).isPresent()
                && simulation(seed, Set.of()).run().isEmpty();
        if (found) {
          System.out.printf("%s,%d %s%n", old, seed, violation.get());
        }
      }
    }
  }
}
