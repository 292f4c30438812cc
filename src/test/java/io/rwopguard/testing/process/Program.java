package io.rwopguard.testing.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Output and exit code of another program. Each has a time limit: {@code kubectl delete} waits for
 * finalizers that may never go.
 */
public record Program(int exitCode, String output) {

  /** Time that a single command may take on a busy machine. */
  public static final Duration PATIENCE = Duration.ofMinutes(3);

  /**
   * Runs a program.
   *
   * @param input on its standard input
   * @param patience after which it is killed and an {@link IllegalStateException} is thrown
   */
  public static Program run(ProcessBuilder builder, String input, Duration patience) {
    try {
      Process process = builder.start();
      var output = CompletableFuture.supplyAsync(() -> outputOf(process));
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "%s did not end within %s".formatted(builder.command(), patience));
      }
      return new Program(process.exitValue(), output.join());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String outputOf(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
