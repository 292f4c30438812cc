package io.rwopguard.testing.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An archive of the packaged program's classes (class data sharing), made when the first process
 * needs it. It spares the many processes that the integration tests start some 1.4 s of processor
 * time each.
 */
final class SharedClasses {

  /** The options that use it; none if the JVM made none, as some do not know such archives. */
  public static final List<String> OPTIONS = options();

  private SharedClasses() {}

  private static List<String> options() {
    try {
      Path directory = Path.of("target").toAbsolutePath();
      Path archive = directory.resolve("classes.jsa");
      // the program may have been packaged again since
      Files.deleteIfExists(archive);
      // the client's classes are loaded although nothing answers it
      Path kubeconfig =
          Files.writeString(
              directory.resolve("kubeconfig-unreachable"), ServiceProcess.UNREACHABLE_CLUSTER);
      ServiceProcess.training(archive, "rwop-guard.kubeconfig=" + kubeconfig).close();
      return Files.exists(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
