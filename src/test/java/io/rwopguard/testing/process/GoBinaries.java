package io.rwopguard.testing.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Commands of the Go modules in {@code src/testbed}, built by {@code src/testbed/binaries} and kept
 * in the user's cache directory.
 */
public final class GoBinaries {

  private static final Path SCRIPT = Path.of("src/testbed/binaries").toAbsolutePath();

  private GoBinaries() {}

  /** The folder with these commands of a module; empty if there is no Go to build them with. */
  public static Optional<Path> find(String module, List<String> commands)
      throws IOException, InterruptedException {
    if (!isGoInstalled()) {
      return Optional.empty();
    }
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), module));
    command.addAll(commands);
    // what it says while it builds goes straight to the terminal: a first build must not look like
    // a hang
    Process script =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    script.getOutputStream().close();
    String folder = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (script.waitFor() != 0) {
      throw new IllegalStateException(
          "%s failed with exit code %d; it has said why".formatted(command, script.exitValue()));
    }
    return Optional.of(Path.of(folder.strip()));
  }

  /** The real helm, the same version for everybody; empty if there is no Go to build it with. */
  public static Optional<Path> helm() throws IOException, InterruptedException {
    return find("cluster", List.of("helm")).map(folder -> folder.resolve("helm"));
  }

  private static boolean isGoInstalled() throws InterruptedException {
    try {
      Process go = new ProcessBuilder("go", "version").redirectErrorStream(true).start();
      go.getInputStream().readAllBytes();
      return go.waitFor() == 0;
    } catch (IOException notFound) {
      return false;
    }
  }
}
