package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Violation;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulation finds faults that the controller once had, once a test brings them back. */
class SimulationFindsTest {

  @ParameterizedTest
  @CsvSource({"S1,213", "S3,675"})
  void a_fault_that_comes_back_is_found(OldBehavior old, long seed) {
    Optional<Violation> found = new Simulation(seed, EnumSet.of(old), Set.of()).run();
    assertThat(found.map(Violation::invariant)).contains(old.violates());
    assertThat(new Simulation(seed, Set.of(), Set.of()).run()).isEmpty();
  }

  /** Finds seeds for the table above, from a seed to another, for the named faults. */
  public static void main(String[] arguments) {
    long last = Long.parseLong(arguments[1]);
    for (int i = 2; i < arguments.length; i++) {
      OldBehavior old = OldBehavior.valueOf(arguments[i]);
      int found = 0;
      for (long seed = Long.parseLong(arguments[0]); seed <= last && found < 1; seed++) {
        Optional<Violation> violation = new Simulation(seed, EnumSet.of(old), Set.of()).run();
        if (violation.filter(v -> v.invariant() == old.violates()).isPresent()
            && new Simulation(seed, Set.of(), Set.of()).run().isEmpty()) {
          System.out.printf("%s,%d %s%n", old, seed, violation.get());
          found++;
        }
      }
    }
  }
}
