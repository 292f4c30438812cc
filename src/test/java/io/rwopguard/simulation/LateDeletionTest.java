package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Violation;
import io.rwopguard.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds up the deletion of a Pod, crashes the leader that sent it, and brings the node back. The
 * deletion arrives while another replica leads, and its Pod is as it was read.
 */
class LateDeletionTest {

  private static final long SEEDS = 40;
  private static final long CUT = 20 * SECOND;
  private static final long ARMED = CUT + SECOND;

  /** The moment of a deletion, and which write of the leader it is. */
  private record Deletion(long at, int number) {}

  private static final Map<Long, Deletion> DELETIONS = new TreeMap<>();

  @BeforeAll
  static void find_the_deletions() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      long found = seed;
      deletion(seed)
          .filter(each -> each.number() <= 20)
          .ifPresent(each -> DELETIONS.put(found, each));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 20, 30})
  void a_deletion_that_arrives_after_its_node_is_back_makes_no_second_writer(int seconds) {
    Map<String, Violation> found = new TreeMap<>();
    long late = 0;
    for (var each : DELETIONS.entrySet()) {
      long seed = each.getKey();
      List<String> timeline = new ArrayList<>();
      List<Fault> faults = faults(scenario(seed), each.getValue(), seconds);
      Optional<Violation> violation = simulation(seed).run(faults, timeline::add);
      violation.ifPresent(why -> found.put("seed %d, %s".formatted(seed, faults), why));
      late += timeline.stream().filter(line -> line.contains("  delete of pods ")).count();
    }
    assertThat(found).isEmpty();
    assertThat(late).as("deletions that were carried out late").isGreaterThan(10);
  }

  private static Simulation simulation(long seed) {
    return new Simulation(seed, Set.of(), Set.of());
  }

  private static Scenario scenario(long seed) {
    return new Scenario(new SplittableRandom(seed));
  }

  private static Fault cut(Scenario scenario, long until) {
    return new Fault(Kind.NODE_CUT_FROM_ALL, CUT, scenario.places.get(0), until - CUT, 0);
  }

  private static List<Fault> faults(Scenario scenario, Deletion deletion, int seconds) {
    int detail = 0;
    while (Accident.of(detail) != Accident.DELAY
        || !Accident.meetsWrites(detail)
        || !FaultInjector.meetsLeader(detail)
        || Accident.countdown(detail) != deletion.number()
        || Accident.delay(detail) < (seconds - 1) * SECOND
        || Accident.delay(detail) > seconds * SECOND) {
      detail++;
    }
    return List.of(
        cut(scenario, deletion.at() + 4 * SECOND),
        new Fault(Kind.REQUEST_ACCIDENT, ARMED, 0, 0, detail),
        new Fault(Kind.REPLICA_CRASH, deletion.at() + 200 * MILLISECOND, 0, 0, detail));
  }

  /** The first deletion if nothing holds it up. */
  private static Optional<Deletion> deletion(long seed) {
    List<String> timeline = new ArrayList<>();
    simulation(seed).run(List.of(cut(scenario(seed), CUT + 60 * SECOND)), timeline::add);
    int writes = 0;
    for (String line : timeline) {
      long at = (long) (Double.parseDouble(line.substring(0, 9)) * SECOND);
      if (at >= ARMED && line.matches(".*: (create|patch|replace|delete) .*")) {
        writes++;
        if (line.contains(": delete pods ")) {
          return Optional.of(new Deletion(at, writes));
        }
      }
    }
    return Optional.empty();
  }
}
