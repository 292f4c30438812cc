package io.rwopguard.lint;

import io.rwopguard.it.GoBinaries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The real helm, and kubectl's kustomize. */
final class RealRenderer {

  private static Path helm;
  private static Path kubectl;

  private RealRenderer() {}

  /** Finds both, or skips the tests. */
  static void find() throws IOException, InterruptedException {
    Optional<Path> found = GoBinaries.helm();
    Assumptions.assumeTrue(found.isPresent(), "there is no Go to build helm with");
    helm = found.get();
    kubectl = GoBinaries.find("kubernetes", List.of("kubectl")).orElseThrow().resolve("kubectl");
  }

  static String helm() {
    return helm.toString();
  }

  static Renderer of(Optional<String> namespace, List<String> values) {
    return new Renderer(
        helm.toString(), "no-kustomize-here", kubectl.toString(), namespace, values);
  }
}
