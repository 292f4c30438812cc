package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.lint.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that misbehaves neither holds the command nor leaves anything behind. */
class ProgramTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private static Optional<Outcome> sh(String script, Duration patience) throws Exception {
    return Program.run(List.of("sh", "-c", script), patience, 10);
  }

  @Test
  void returns_output_errors_and_exit_code() throws Exception {
    assertThat(sh("printf out; printf err >&2; exit 3", LONG))
        .hasValueSatisfying(
            outcome -> {
              assertThat(outcome.exitCode()).hasValue(3);
              assertThat(outcome.output()).isEqualTo("out");
              assertThat(outcome.errors()).isEqualTo("err");
              assertThat(outcome.isWhole()).isTrue();
            });
  }

  @Test
  void a_child_that_outlives_it_is_not_waited_for() throws Exception {
    long start = System.nanoTime();
    assertThat(sh("sleep 120 & printf done", LONG))
        .hasValueSatisfying(outcome -> assertThat(outcome.output()).isEqualTo("done"));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG.dividedBy(2));
  }

  @Test
  void one_that_takes_too_long_is_stopped_with_its_children() throws Exception {
    assertThat(sh("sleep 4321 & wait", Duration.ofMillis(500)))
        .hasValueSatisfying(outcome -> assertThat(outcome.exitCode()).isEmpty());
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(ProcessHandle.allProcesses().map(ProcessHandle::info))
                    .noneMatch(info -> info.commandLine().orElse("").contains("sleep 4321")));
  }

  @Test
  void more_than_is_wanted_is_not_taken() throws Exception {
    assertThat(sh("printf 01234567890", LONG))
        .hasValueSatisfying(
            outcome -> {
              assertThat(outcome.isWhole()).isFalse();
              assertThat(outcome.output()).hasSize(10);
            });
  }

  @Test
  void distinguishes_a_missing_one_from_one_that_fails() throws Exception {
    assertThat(Program.run(List.of("no-such-program"), LONG, 10)).isEmpty();
  }

  /** The program is of another architecture, or the user has no right to execute it. */
  @Test
  void distinguishes_one_that_cannot_be_started_from_a_missing_one(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("helm"), "no program");
    assertThatThrownBy(() -> Program.run(List.of(file.toString()), LONG, 10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Permission denied");
  }
}
