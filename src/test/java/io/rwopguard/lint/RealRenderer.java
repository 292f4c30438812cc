package io.rwopguard.lint;

import io.rwopguard.testing.process.GoBinaries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The real helm, and kubectl's kustomize. */
final class RealRenderer {

  private final Path helm;
  private final Path kubectl;

  /** Finds both, or skips the tests. */
  RealRenderer() throws IOException, InterruptedException {
    Optional<Path> found = GoBinaries.helm();
    Assumptions.assumeTrue(found.isPresent(), "there is no Go to build helm with");
    helm = found.get();
    kubectl = GoBinaries.find("kubernetes", List.of("kubectl")).orElseThrow().resolve("kubectl");
  }

  String helm() {
    return helm.toString();
  }

  Renderer of(Optional<String> namespace, List<String> values) {
    return new Renderer(
        helm.toString(), "no-kustomize-here", kubectl.toString(), namespace, values);
  }
}
