package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that a webhook that denies the deletions of Pods is distinguished from a Pod that has
 * changed.
 */
class DeniedDeletionsTest {

  /** Seed of a driver that revokes under the out-of-service taint. */
  private static final long SEED = 32;

  private static List<String> timeline(int code) {
    Scenario scenario = new Scenario(new SplittableRandom(SEED));
    Fault off = new Fault(Kind.NODE_OFF, 20 * SECOND, scenario.places.get(0), 3600 * SECOND, 0);
    List<String> timeline = new ArrayList<>();
    assertThat(
            new Simulation(SEED, Set.of(), Set.of())
                .denyingDeletionsBy(code)
                .run(List.of(off), timeline::add))
        .isEmpty();
    return timeline;
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 409, 422})
  void it_is_asked_as_seldom_and_keeps_no_node_out_of_service_whatever_its_code(int code) {
    List<String> expected = timeline(403);
    List<String> timeline = timeline(code);
    for (String write : List.of("delete pods ", "patch nodes ")) {
      assertThat(count(timeline, write)).as(write).isEqualTo(count(expected, write)).isPositive();
    }
  }

  private static long count(List<String> timeline, String write) {
    return timeline.stream().filter(line -> line.contains(write)).count();
  }
}
