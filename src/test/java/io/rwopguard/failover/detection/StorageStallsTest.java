package io.rwopguard.failover.detection;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.manifests.FixtureInventory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Checks when several Pods fail together, and why. */
class StorageStallsTest {

  private final List<String> said = new ArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final StorageStalls stalls =
      new StorageStalls(
          new FixtureInventory(),
          (about, warning, reason, message, gist) -> said.add(reason + " " + message),
          new FailoverMetrics(registry));
  private long now;

  private static ClaimConsumer pod(String workload, int ordinal, String claim, boolean ready) {
    String name = workload + "-" + ordinal;
    return new ClaimConsumer(
            new ObjectKey(Kind.POD, "shop", name),
            Optional.of(new Controller(Optional.of(Kind.STATEFUL_SET), "StatefulSet", workload)),
            Set.of(new ClaimKey("shop", claim)),
            true)
        .at(new PodStatus("uid-" + name, "node", false, false, ready, false, ""));
  }

  private void look(int seconds, ClaimConsumer... pods) {
    now += Duration.ofSeconds(seconds).toNanos();
    stalls.look(List.of(pods), now);
  }

  private static ClaimConsumer db(boolean ready) {
    return pod("db", 0, "fenced", ready);
  }

  private static ClaimConsumer queue(boolean ready) {
    return pod("queue", 0, "fenced", ready);
  }

  private static ClaimConsumer wiki(boolean ready) {
    return pod("wiki", 0, "fenced", ready);
  }

  @Test
  void three_pods_of_one_driver_within_a_minute_are_the_storage() {
    look(0, db(true), queue(true), wiki(true));
    look(10, db(false), queue(true), wiki(true));
    look(20, db(false), queue(false), wiki(true));
    assertThat(stalls.concern(db(false))).isFalse();
    look(20, db(false), queue(false), wiki(false));
    assertThat(stalls.concern(db(false))).isTrue();
    assertThat(stalls.concern(pod("other", 0, "unfenced", false))).isFalse();
    assertThat(said)
        .hasSize(3)
        .allMatch(each -> each.startsWith("StorageStall 3 Pods of 3 workloads"));
    assertThat(said.get(0)).contains("fenced.csi");
    assertThat(registry.counter("rwop_guard_storage_stalls", "driver", "fenced.csi").count())
        .isEqualTo(1);
  }

  @Test
  void a_stall_lasts_as_long_as_its_pods_and_five_minutes_more() {
    look(0, db(true), queue(true), wiki(true));
    look(5, db(false), queue(false), wiki(false));
    look(1800, db(false), queue(false), wiki(false));
    assertThat(stalls.concern(db(false))).isTrue();
    look(1, db(false), queue(true), wiki(true));
    look(290, db(false), queue(true), wiki(true));
    assertThat(stalls.concern(db(false))).isTrue();
    look(20, db(false), queue(true), wiki(true));
    assertThat(stalls.concern(db(false))).isFalse();
    assertThat(said).hasSize(3);
  }

  @Test
  void pods_that_fail_one_after_the_other_are_on_their_own() {
    look(0, db(true), queue(true), wiki(true));
    look(10, db(false), queue(true), wiki(true));
    look(50, db(false), queue(false), wiki(true));
    look(50, db(false), queue(false), wiki(false));
    assertThat(stalls.concern(db(false))).isFalse();
    assertThat(said).isEmpty();
  }

  @Test
  void the_pods_of_one_workload_are_on_their_own() {
    ClaimConsumer[] up = new ClaimConsumer[5];
    ClaimConsumer[] down = new ClaimConsumer[5];
    for (int i = 0; i < 5; i++) {
      up[i] = pod("db", i, "fenced", true);
      down[i] = pod("db", i, "fenced", false);
    }
    look(0, up);
    look(5, down);
    assertThat(said).isEmpty();
  }

  @Test
  void pods_of_different_drivers_and_pods_that_start_are_on_their_own() {
    look(
        0, db(true), queue(true), pod("wiki", 0, "unfenced", true), pod("new", 0, "fenced", false));
    look(5, db(false), queue(false), pod("wiki", 0, "unfenced", false));
    look(5, pod("a", 0, "fenced", false), pod("b", 0, "fenced", false), db(false));
    assertThat(said).isEmpty();
  }

  @Test
  void a_pod_that_is_deleted_says_nothing() {
    look(0, db(true), queue(true), wiki(true));
    ClaimConsumer deleted =
        wiki(false).at(new PodStatus("uid-wiki-0", "node", true, false, false, false, ""));
    look(5, db(false), queue(false), deleted);
    assertThat(said).isEmpty();
  }
}
