package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.it.KillingProxy.When;
import io.rwopguard.it.MovedFleet.Moved;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A fleet that was killed and left moves halfway, and what the next command does with them. */
@Sampled(methods = 1)
class MigrationFleetHalfwayIT {

  /** The number of a write of a move. */
  private static final int DELETE_CLAIM = 5;

  private static MovedFleet fleet;

  private List<Moved> all;

  @BeforeAll
  static void start() throws Exception {
    fleet = new MovedFleet("halfway", 1);
  }

  @AfterAll
  static void stop() {
    if (fleet != null) {
      fleet.close();
    }
  }

  @AfterEach
  void nothingIsLost() {
    fleet.assertNothingLost(all);
  }

  private static void killedAfter(int write, String label, String... options) {
    fleet.proxy().killAt(When.AFTER, write);
    CommandLineResult killed = fleet.migrate(label, options);
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    fleet.proxy().killAt(When.NEVER, 0);
  }

  @Test
  void what_was_begun_is_resumed_while_the_window_is_closed() throws Exception {
    all = fleet.make("window", 1, 3);
    killedAfter(DELETE_CLAIM, "window", "--apply");
    assertThat(all).filteredOn(Moved::isHalfway).containsExactly(all.get(0));
    LocalTime now = LocalTime.now(ZoneId.systemDefault());
    LocalTime opens = now.plusHours(2).truncatedTo(ChronoUnit.MINUTES);
    String window = "%s-%s".formatted(opens, opens.plusHours(1));
    CompletableFuture<CommandLineResult> running =
        fleet.start("window", "--apply", "--max-parallel", "2", "--window", window);
    try {
      ControlledCluster.await().until(() -> running.isDone() || !all.get(0).isHalfway());
      Thread.sleep(2000);
    } finally {
      // it would wait for hours
      fleet.proxy().terminate();
    }
    CommandLineResult paused = running.get();
    assertThat(paused.output())
        .contains("waiting for the window " + window)
        .contains("moved      " + all.get(0))
        .contains("Workloads: 1 moved, 2 not begun\n");
    all.get(0).assertModes("ReadWriteOncePod");
    assertThat(fleet.proxy().writes())
        .isNotEmpty()
        .noneMatch(write -> write.contains("window1") || write.contains("window2"));
    all.subList(1, 3).forEach(each -> each.assertModes("ReadWriteOnce"));
  }
}
