package io.rwopguard.lint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs one of the user's programs for a limited time and captures its output. */
final class Program {

  /** The JDK's text for ENOENT. A file that may not be executed exists all the same. */
  private static final Pattern NOT_FOUND = Pattern.compile("error[=:] ?2\\b");

  private Program() {}

  /**
   * The result of a program.
   *
   * @param exitCode empty if it took too long and was stopped
   * @param isWhole whether it printed no more than the limit
   */
  record Outcome(OptionalInt exitCode, String output, boolean isWhole, String errors) {}

  /**
   * Runs a program to its end, or stops it with all its child processes.
   *
   * @param most the limit of bytes for each of output and errors
   * @return empty if there is no program of this name
   * @throws IOException if it cannot be started
   */
  static Optional<Outcome> run(List<String> command, Duration patience, int most)
      throws IOException, InterruptedException {
    // a file ends even while a child that outlives the program has it open; a pipe does not
    Path output = Files.createTempFile("rwop-guard-", ".output");
    Path errors = Files.createTempFile("rwop-guard-", ".errors");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      // git would prompt at the terminal for a password, or for a host key
      builder.environment().putIfAbsent("GIT_TERMINAL_PROMPT", "0");
      builder.environment().putIfAbsent("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
      Optional<Process> process = start(builder);
      if (process.isEmpty()) {
        return Optional.empty();
      }
      OptionalInt exitCode = end(process.get(), patience);
      boolean isWhole = Files.size(output) <= most;
      return Optional.of(new Outcome(exitCode, read(output, most), isWhole, read(errors, most)));
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
    }
  }

  private static Optional<Process> start(ProcessBuilder builder) throws IOException {
    try {
      return Optional.of(builder.start());
    } catch (IOException e) {
      if (NOT_FOUND.matcher(String.valueOf(e.getMessage())).find()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static OptionalInt end(Process process, Duration patience)
      throws IOException, InterruptedException {
    try {
      process.getOutputStream().close();
      return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)
          ? OptionalInt.of(process.exitValue())
          : OptionalInt.empty();
    } finally {
      // otherwise git, which fetches remote sources, would continue
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String read(Path file, int most) throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      return new String(stream.readNBytes(most), StandardCharsets.UTF_8);
    }
  }
}
