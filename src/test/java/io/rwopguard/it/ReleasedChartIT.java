package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.process.GoBinaries;
import io.rwopguard.testing.process.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests the chart that the release workflow packages: it names the image that was pushed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReleasedChartIT {

  private static final Path SCRIPT = Path.of("src/release/chart").toAbsolutePath();
  private static final String IMAGE = "registry.example.org/team/rwop-guard";
  private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

  @TempDir Path folder;
  private Path helm;

  @BeforeAll
  void findHelm() throws Exception {
    Optional<Path> found = GoBinaries.helm();
    assumeTrue(found.isPresent(), "there is no Go to build helm with");
    helm = found.orElseThrow();
  }

  private Program make(String digest) {
    return run(SCRIPT.toString(), helm.toString(), IMAGE, digest, folder.toString());
  }

  private static Program run(String... command) {
    return Program.run(new ProcessBuilder(command).redirectErrorStream(true), "", Program.PATIENCE);
  }

  @Test
  void installs_the_image_of_the_release_without_any_value() throws Exception {
    Program made = make(DIGEST);
    assertThat(made.exitCode()).as(made.output()).isZero();
    Path archive = Path.of(made.output().strip());
    ObjectNode chart = Manifests.read(Helm.CHART.resolve("Chart.yaml"));
    assertThat(archive.getFileName())
        .hasToString("rwop-guard-" + chart.path("version").asText() + ".tgz");

    Program rendered = run(helm.toString(), "template", Helm.RELEASE, archive.toString());
    assertThat(rendered.exitCode()).as(rendered.output()).isZero();
    List<String> images =
        rendered.output().lines().filter(line -> line.contains(" image: ")).toList();
    assertThat(images)
        .hasSizeGreaterThan(2)
        .allMatch(line -> line.endsWith(" image: " + IMAGE + "@" + DIGEST));
    assertThat(run(helm.toString(), "lint", "--strict", archive.toString()).exitCode()).isZero();
  }

  @Test
  void says_what_it_installs() {
    Path archive = Path.of(make(DIGEST).output().strip());
    boolean prerelease =
        Manifests.read(Helm.CHART.resolve("Chart.yaml")).path("version").asText().contains("-");
    assertThat(run(helm.toString(), "show", "readme", archive.toString()).output())
        .contains("| `image.repository` | `" + IMAGE + "` |")
        .contains("| `image.digest` | `" + DIGEST + "` |");
    assertThat(run(helm.toString(), "show", "chart", archive.toString()).output())
        .contains("artifacthub.io/prerelease: \"" + prerelease + "\"");
  }

  @Test
  void is_not_made_without_a_digest() throws Exception {
    Program refused = make("0.1.0");
    assertThat(refused.exitCode()).isEqualTo(64);
    assertThat(refused.output()).contains("\"0.1.0\" is no digest of an image");
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }
}
