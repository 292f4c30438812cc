package io.rwopguard.testing.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.Program;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A program that a test runs to its end, and what came of it. */
public record Command(int exitCode, String output) {

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /**
   * Time limit on a new machine, where it may wait for binaries that {@code src/testbed/prepare}
   * still builds.
   */
  private static final Duration PATIENCE_WITH_BUILDS = Duration.ofMinutes(40);

  /** Runs a program with this on its standard input; the output is all that it says. */
  public static Command run(String input, List<String> command) {
    return run(new ProcessBuilder(command).redirectErrorStream(true), input, PATIENCE);
  }

  /** Runs a program that says on standard error how far it is; the output is the rest. */
  static Command runAloud(String... command) {
    return run(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT),
        "",
        PATIENCE_WITH_BUILDS);
  }

  private static Command run(ProcessBuilder builder, String input, Duration patience) {
    Program program = Program.run(builder, input, patience);
    return new Command(program.exitCode(), program.output());
  }

  /** Returns its output if it succeeded; the test fails if it did not. */
  public String succeeded() {
    assertThat(exitCode).as(output).isZero();
    return output;
  }

  public static List<String> line(String program, List<String> fixed, String... more) {
    List<String> all = new ArrayList<>(List.of(program));
    all.addAll(fixed);
    all.addAll(List.of(more));
    return all;
  }
}
