package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks that other packages read the metadata, spec and status of objects by {@link KubeObject}.
 */
class ObjectWalksTest {

  private static final Path ROOT = Path.of("src/main/java/io/rwopguard");

  /**
   * The packages that are not checked: the model itself, and failover, which has its own reader.
   */
  private static final Set<String> UNCHECKED = Set.of("model", "failover");

  /** A step from an object to its metadata, spec or status; a condition has a status too. */
  private static final Pattern WALK =
      Pattern.compile(
          "\\.(?:path|get)\\(\"(?:metadata|spec)\"\\)"
              + "|\\.at\\(\"/(?:metadata|spec|status)"
              + "|\\b(?!condition)\\w+\\.path\\(\"status\"\\)");

  /** The files that run for each request, or for each Pod of a cluster, and create no view. */
  private static final Set<String> EXCEPTIONS =
      Set.of(
          "inventory/cluster/ClusterObjects.java",
          "inventory/cluster/PodStatusReader.java",
          "mutations/ExcludedPods.java",
          "mutations/MutationSet.java",
          "mutations/PreviousStrategy.java",
          "profiles/Profiles.java",
          "server/Mutator.java",
          "server/RepeatedEdits.java");

  @Test
  void other_packages_read_objects_by_their_view() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(ROOT::relativize)
                  .filter(file -> !UNCHECKED.contains(file.getName(0).toString()))
                  .filter(file -> WALK.matcher(read(file)).find())
                  .map(Path::toString))
          .containsExactlyInAnyOrderElementsOf(EXCEPTIONS);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(ROOT.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
