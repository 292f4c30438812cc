package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.kube.ConditionLog;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Work that fails, or cannot be started, keeps no other from running, nor itself the next time. */
class LanesTest {

  private final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");
  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void work_that_could_not_be_started_runs_the_next_time() {
    AtomicBoolean full = new AtomicBoolean(true);
    Lanes lanes =
        new Lanes(
            work -> {
              if (full.get()) {
                throw new OutOfMemoryError("unable to create native thread (thrown by the test)");
              }
              work.run();
            },
            problems);
    try {
      lanes.run("a", runs::incrementAndGet);
    } catch (OutOfMemoryError e) {
      // what is asked here is only whether it runs later
    }
    full.set(false);
    lanes.run("a", runs::incrementAndGet);
    assertThat(runs).hasValue(1);
    assertThat(problems.with("a")).isEmpty();
  }

  @Test
  void work_that_fails_is_reported_and_runs_again() {
    Lanes lanes = new Lanes(Runnable::run, problems);
    lanes.run(
        "a",
        () -> {
          throw new StackOverflowError("thrown by the test");
        });
    assertThat(problems.with("a")).isPresent();
    lanes.run("a", runs::incrementAndGet);
    assertThat(runs).hasValue(1);
    assertThat(problems.with("a")).isEmpty();
  }
}
