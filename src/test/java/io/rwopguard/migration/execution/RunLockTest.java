package io.rwopguard.migration.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.RequestMark;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.record.ObjectVersion;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks which of several runs holds a move. */
class RunLockTest {

  private Instant now = Instant.parse("2026-11-28T12:00:00Z");

  private RunLock lock(boolean takesOver) {
    return new RunLock(takesOver, () -> now);
  }

  private static JsonNode volume(MigrationRun run) {
    ObjectNode volume = new JsonMapper().createObjectNode();
    ObjectNode metadata = volume.putObject("metadata").put("uid", "volume");
    if (run != null) {
      metadata.putObject("annotations").put(MigrationRun.ANNOTATION, run.toJson());
    }
    return volume;
  }

  private MigrationRun elsewhere(RunLock lock) {
    MigrationRun run = lock.own();
    return new MigrationRun(
        run.id(), "jane", "another-host", run.pids(), 1, run.started(), run.since(), run.until());
  }

  private static JsonNode claim() {
    ObjectNode claim = new JsonMapper().createObjectNode();
    claim.putObject("metadata").put("uid", "claim");
    return claim;
  }

  @Test
  void a_move_that_was_not_started_is_free_and_needs_no_mark() {
    RunLock lock = lock(false);
    assertThat(lock.holds(volume(null), false)).isFalse();
    assertThat(lock.markOf(claim())).isEqualTo(RequestMark.NOT_NEEDED);
    assertThat(lock.holds(volume(lock.own()), true)).isTrue();
    assertThat(lock.markOf(claim())).isEqualTo(RequestMark.NOT_NEEDED);
  }

  /** An equal name says nothing where neither boot nor namespace can be read. */
  @Test
  void a_run_on_another_machine_of_the_same_name_holds_it() {
    MigrationRun run = lock(false).own();
    for (String pids : List.of("", "another-boot pid:[4026531836]")) {
      MigrationRun other =
          new MigrationRun(
              run.id(), "jane", run.host(), pids, 4_000_000, now, run.since(), run.until());
      MigrationRun own =
          new MigrationRun(
              "own", "joe", run.host(), pids.isEmpty() ? "" : run.pids(), 1, now, now, now);
      assertThat(other.mayBeAtWork(own, now)).isTrue();
    }
    MigrationRun ended =
        new MigrationRun(
            run.id(), "jane", run.host(), run.pids(), 4_000_000, now, run.since(), run.until());
    assertThat(ended.mayBeAtWork(run, now)).isFalse();
  }

  /** The other volumes would name a term that no run prolongs. */
  @Test
  void the_term_is_prolonged_when_one_of_several_volumes_is_done() {
    RunLock lock = lock(false);
    lock.records(new ObjectVersion("volume", "1"));
    assertThat(lock.isDue()).isFalse();
    lock.finishes(new ObjectVersion("volume", "2"));
    assertThat(lock.isDue()).isTrue();
    lock.wasProlonged();
    assertThat(lock.isDue()).isFalse();
  }

  @Test
  void a_run_elsewhere_holds_it_until_its_term_ends() {
    MigrationRun other = elsewhere(lock(false));
    assertThatThrownBy(() -> lock(false).holds(volume(other), true))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(
            "jane on another-host (process 1) has been performing this migration since 2026-11-28T12");
    now = now.plus(MigrationRun.TERM).plusSeconds(1);
    RunLock next = lock(false);
    assertThat(next.holds(volume(other), true)).isFalse();
    assertThat(next.markOf(claim())).isEqualTo(RequestMark.NEEDED);
    next.isSafe("claim");
    assertThat(next.markOf(claim())).isEqualTo(RequestMark.NOT_NEEDED);
  }

  @Test
  void a_run_of_this_host_whose_process_has_ended_holds_nothing() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    MigrationRun own = lock(false).own();
    MigrationRun gone =
        new MigrationRun(
            "gone",
            own.by(),
            own.host(),
            own.pids(),
            ended.pid(),
            own.started(),
            own.since(),
            own.until());
    assertThat(lock(false).holds(volume(gone), true)).isFalse();
    // its number may be another process's by now
    MigrationRun reused =
        new MigrationRun(
            "reused",
            own.by(),
            own.host(),
            own.pids(),
            own.pid(),
            own.started().minusSeconds(61),
            own.since(),
            own.until());
    assertThat(lock(false).holds(volume(reused), true)).isFalse();
    // the clock was corrected, or the process is one of another container
    for (MigrationRun other :
        List.of(
            new MigrationRun(
                "corrected",
                own.by(),
                own.host(),
                own.pids(),
                own.pid(),
                own.started().minusSeconds(1),
                own.since(),
                own.until()),
            new MigrationRun(
                "contained",
                own.by(),
                own.host(),
                "pid:[1]",
                ended.pid(),
                own.started(),
                own.since(),
                own.until()))) {
      assertThatThrownBy(() -> lock(false).holds(volume(other), true))
          .isInstanceOf(RefusedException.class);
    }
    assertThatThrownBy(() -> lock(false).holds(volume(own), true))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void a_takeover_follows_a_run_that_continues_and_has_to_mark_what_it_finds() {
    MigrationRun other = elsewhere(lock(false));
    RunLock lock = lock(true);
    assertThat(lock.holds(volume(other), true)).isFalse();
    assertThat(lock.holds(volume(lock.own()), true)).isTrue();
    assertThat(lock.markOf(claim())).isEqualTo(RequestMark.NEEDED);
  }

  @Test
  void a_run_that_was_taken_over_stops() {
    RunLock lock = lock(true);
    assertThat(lock.holds(volume(lock.own()), true)).isTrue();
    assertThatThrownBy(() -> lock.holds(volume(elsewhere(lock(false))), true))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("took over this migration");
  }

  @Test
  void a_run_whose_move_another_run_has_ended_stops() {
    RunLock lock = lock(false);
    assertThat(lock.holds(volume(lock.own()), true)).isTrue();
    assertThat(lock.holds(volume(null), false)).isFalse();
    assertThat(lock.isLost()).isTrue();
    RunLock own = lock(false);
    assertThat(own.holds(volume(own.own()), true)).isTrue();
    own.finishes(new ObjectVersion("volume", "1"));
    assertThat(own.holds(volume(null), false)).isFalse();
    assertThat(own.isLost()).isFalse();
  }

  /** The last request of this run may arrive too late, so a missing record means the end. */
  @Test
  void a_run_was_at_work_from_its_first_record_on() {
    RunLock lock = lock(false);
    lock.holds(volume(null), false);
    assertThat(lock.wasAtWork()).isFalse();
    lock.records(new ObjectVersion("volume", "1"));
    assertThat(lock.wasAtWork()).isTrue();
    assertThatThrownBy(() -> lock.holds(volume(elsewhere(lock(false))), true))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("took over this migration");
    assertThat(lock.holds(volume(null), false)).isFalse();
    assertThat(lock.isLost()).isTrue();
  }

  @Test
  void the_term_is_prolonged_before_it_ends() {
    RunLock lock = lock(false);
    lock.holds(volume(lock.own()), true);
    lock.wasProlonged();
    assertThat(lock.isDue()).isFalse();
    now = now.plus(MigrationRun.TERM.dividedBy(2));
    assertThat(lock.isDue()).isTrue();
  }
}
