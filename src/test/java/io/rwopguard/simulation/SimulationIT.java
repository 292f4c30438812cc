package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.it.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Runs {@link Schedules} in a separate process of the lowest priority, on the processor time that
 * the integration tests beside it leave.
 */
@Execution(ExecutionMode.CONCURRENT)
class SimulationIT {

  private static final int SCHEDULES = 100_000;

  /** On two free processors they take a tenth of it; on a new machine binaries are built first. */
  private static final Duration PATIENCE = Duration.ofMinutes(70);

  @Test
  void no_schedule_violates_an_invariant() {
    List<String> command =
        new ArrayList<>(
            List.of(
                "src/it/idle",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path")));
    Stream.of("java.util.logging.manager", "schedules", "threads")
        .filter(name -> System.getProperty(name) != null)
        .forEach(name -> command.add("-D%s=%s".formatted(name, System.getProperty(name))));
    command.addAll(List.of(Schedules.class.getName(), String.valueOf(SCHEDULES)));
    Program simulation =
        Program.run(new ProcessBuilder(command).redirectErrorStream(true), "", PATIENCE);
    System.out.println(simulation.output());
    assertThat(simulation.exitCode()).as(simulation.output()).isZero();
  }
}
