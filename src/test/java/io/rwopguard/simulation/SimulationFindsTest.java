package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Invariant;
import io.rwopguard.simulation.Checker.Violation;
import io.rwopguard.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulation finds faults that the controller once had, once a test brings them back. */
class SimulationFindsTest {

  /** Those that schedules of random faults find; the others need a situation. */
  private static final Set<OldBehavior> RANDOM =
      EnumSet.of(OldBehavior.S1, OldBehavior.S3, OldBehavior.S14);

  @ParameterizedTest
  @CsvSource({"S1,213", "S3,675", "S14,370"})
  void a_fault_that_comes_back_is_found(OldBehavior old, long seed) {
    Optional<Violation> found = simulation(seed, EnumSet.of(old)).run();
    assertThat(found.map(Violation::invariant)).contains(old.violates());
    assertThat(simulation(seed, Set.of()).run()).isEmpty();
  }

  /** These take an outage and what people do at the right moment, in the cluster of a seed. */
  @ParameterizedTest
  @CsvSource({"S2,150", "S6,1", "S7,1"})
  void a_fault_that_comes_back_is_found_in_its_situation(OldBehavior old, long seed) {
    List<Fault> situation = situation(old, seed);
    Optional<Violation> found = simulation(seed, EnumSet.of(old)).run(situation, null);
    assertThat(found.map(Violation::invariant)).contains(old.violates());
    assertThat(simulation(seed, Set.of()).run(situation, null)).isEmpty();
  }

  @Test
  void a_schedule_is_shrunk_to_the_faults_that_the_violation_takes() {
    long seed = 213;
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
            "./mvnw test -Dtest=SimulationTest -Dseed=213 -Dschedules=1",
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

  private static List<Fault> situation(OldBehavior old, long seed) {
    Scenario scenario = new Scenario(new SplittableRandom(seed));
    int node = scenario.places.get(0);
    List<Fault> faults = new ArrayList<>();
    switch (old) {
      case S2 -> {
        // a person deletes another Pod of the node, whose container still writes
        faults.add(fault(Kind.NODE_CUT_FROM_ALL, 20, node, 120));
        faults.add(fault(Kind.FORCE_DELETE, 25, 1, 0));
      }
      case S6 -> {
        // a node that answers, but for single packets
        faults.add(fault(Kind.NODE_CUT_FROM_API, 60, node, 200));
        faults.add(fault(Kind.PACKETS_LOST, 60, node, 200));
      }
      case S7 -> {
        // the successor fits nowhere until the node is back
        faults.add(fault(Kind.NODE_OFF, 20, node, 70));
        for (int other = 0; other < scenario.nodes; other++) {
          if (other != node) {
            faults.add(fault(Kind.CORDON, 30, other, 0));
          }
        }
      }
      default ->
          throw new IllegalArgumentException("%s is found in random schedules".formatted(old));
    }
    return faults;
  }

  private static Fault fault(Kind kind, long at, int subject, long seconds) {
    return new Fault(kind, at * SECOND, subject, seconds * SECOND, 0);
  }

  /** Finds seeds for the tables above, from a seed to another, for the named faults. */
  public static void main(String[] arguments) {
    long last = Long.parseLong(arguments[1]);
    for (int i = 2; i < arguments.length; i++) {
      OldBehavior old = OldBehavior.valueOf(arguments[i]);
      boolean random = RANDOM.contains(old);
      int found = 0;
      for (long seed = Long.parseLong(arguments[0]); seed <= last && found < 1; seed++) {
        List<Fault> faults = random ? simulation(seed, Set.of()).faults() : situation(old, seed);
        Optional<Violation> violation = simulation(seed, EnumSet.of(old)).run(faults, null);
        if (violation.filter(v -> v.invariant() == old.violates()).isPresent()
            && simulation(seed, Set.of()).run(faults, null).isEmpty()) {
          System.out.printf("%s,%d %s%n", old, seed, violation.get());
          found++;
        }
      }
    }
  }
}
