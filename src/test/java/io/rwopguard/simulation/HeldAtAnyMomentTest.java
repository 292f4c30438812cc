package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Checker.Violation;
import io.rwopguard.simulation.Driver.Revocation;
import io.rwopguard.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Holds up a failover from a node that is only cut off, for longer than Kubernetes waits. It does
 * so at every moment from before its decision until after its end. The driver revokes under the
 * out-of-service taint alone.
 */
class HeldAtAnyMomentTest {

  private static final long CUT = 20 * SECOND;
  private static final long CUT_FOR = 480 * SECOND;
  private static final long HELD_FOR = 430 * SECOND;
  private static final long STEP = 100 * MILLISECOND;
  private static final int SCENARIOS = 1;

  @ParameterizedTest
  @EnumSource(names = {"PAUSE", "CORDON", "REPLICA_CRASH"})
  void nothing_that_holds_a_failover_up_leads_to_two_writers(Kind kind) {
    Map<String, Violation> found = new TreeMap<>();
    int scenarios = 0;
    for (long seed = 1; scenarios < SCENARIOS; seed++) {
      Scenario scenario = new Scenario(new SplittableRandom(seed));
      OptionalLong deletion = isAbout(scenario) ? deletion(seed, scenario) : OptionalLong.empty();
      if (deletion.isPresent()) {
        scenarios++;
        long begin = deletion.getAsLong() - SECOND;
        for (long at = begin; at < begin + 2 * SECOND; at += STEP) {
          Fault held = new Fault(kind, at, scenario.places.get(0), HELD_FOR, 0);
          Optional<Violation> violation = simulation(seed).run(List.of(cut(scenario), held), null);
          String which = "seed %d, %s".formatted(seed, held);
          violation.ifPresent(each -> found.put(which, each));
        }
      }
    }
    assertThat(found).isEmpty();
  }

  private static boolean isAbout(Scenario scenario) {
    Driver driver = scenario.workloads.get(0).volumes.get(0).driver;
    return driver.revokes() == Revocation.UNDER_OUT_OF_SERVICE
        && scenario.workloads.get(0).volumes.size() == 1;
  }

  private static Simulation simulation(long seed) {
    return new Simulation(seed, Set.of(), Set.of());
  }

  private static Fault cut(Scenario scenario) {
    return new Fault(Kind.NODE_CUT_FROM_ALL, CUT, scenario.places.get(0), CUT_FOR, 0);
  }

  /** Returns when the Pod is deleted if nothing holds that up. */
  private static OptionalLong deletion(long seed, Scenario scenario) {
    List<String> timeline = new ArrayList<>();
    simulation(seed).run(List.of(cut(scenario)), timeline::add);
    return timeline.stream()
        .filter(line -> line.contains(": delete pods "))
        .mapToLong(line -> (long) (Double.parseDouble(line.substring(0, 9)) * SECOND))
        .findFirst();
  }
}
