package io.rwopguard.testing.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Result of a command of the packaged program. */
public record CommandLineResult(int exitCode, String output) {

  /** A migration waits for controllers itself. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** Runs it against this cluster, with this on its standard input. */
  public static CommandLineResult of(Path kubeconfig, String input, String... arguments) {
    List<String> command =
        PackagedProgram.shortLived(List.of("-Drwop-guard.kubeconfig=" + kubeconfig), arguments);
    Program program =
        Program.run(new ProcessBuilder(command).redirectErrorStream(true), input, PATIENCE);
    return new CommandLineResult(program.exitCode(), program.output());
  }
}
