package io.rwopguard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.process.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks the krew manifest as krew does: {@code sigs.k8s.io/krew}, {@code pkg/index/types.go} and
 * {@code internal/index/validation/validate.go}, and the lengths that {@code
 * validate-krew-manifest} warns of.
 */
class PluginManifestTest {

  private static final Path TEMPLATE = Path.of("src/plugin/rwop-guard.yaml");
  private static final Path BUILD = Path.of("src/plugin/build").toAbsolutePath();
  private static final String SUM = "0123456789abcdef".repeat(4);

  @TempDir Path folder;

  @Test
  void the_template_is_a_manifest() {
    assertValid(Manifests.read(TEMPLATE));
  }

  @Test
  void a_release_gets_its_version_addresses_and_checksums() throws IOException {
    write("amd64", SUM);
    write("arm64", SUM.replace('0', 'f'));
    Program made = manifest();
    assertThat(made.exitCode()).as(made.output()).isZero();
    JsonNode manifest = Manifests.read(Path.of(made.output().strip()));
    assertValid(manifest);
    String version =
        Manifests.read(Path.of("charts/rwop-guard/Chart.yaml")).get("appVersion").asText();
    assertThat(manifest.at("/spec/version").asText()).isEqualTo("v" + version);
    JsonNode platforms = manifest.at("/spec/platforms");
    assertThat(platforms.findValuesAsText("arch")).containsExactly("amd64", "arm64");
    assertThat(platforms.findValuesAsText("uri"))
        .containsExactly(
            "https://registry.invalid/v1/rwop-guard-linux-amd64.tar.gz",
            "https://registry.invalid/v1/rwop-guard-linux-arm64.tar.gz");
    assertThat(platforms.findValuesAsText("sha256")).containsExactly(SUM, SUM.replace('0', 'f'));
  }

  @Test
  void a_release_without_all_archives_gets_no_manifest() throws IOException {
    write("amd64", SUM);
    Program made = manifest();
    assertThat(made.exitCode()).isEqualTo(66);
    assertThat(made.output()).contains("the archive for arm64 is missing");
    assertThat(folder.resolve("rwop-guard.yaml")).doesNotExist();
  }

  private void write(String architecture, String sum) throws IOException {
    String archive = "rwop-guard-linux-" + architecture + ".tar.gz";
    Files.writeString(folder.resolve(archive + ".sha256"), sum + "  " + archive + "\n");
  }

  private Program manifest() {
    ProcessBuilder builder =
        new ProcessBuilder(BUILD.toString(), "manifest", "https://registry.invalid/v1")
            .redirectErrorStream(true);
    builder.environment().put("PLUGIN_FOLDER", folder.toString());
    return Program.run(builder, "", Program.PATIENCE);
  }

  private static void assertValid(JsonNode manifest) {
    assertThat(manifest.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("apiVersion", "kind", "metadata", "spec");
    assertThat(manifest.get("apiVersion").asText())
        .isEqualTo("krew.googlecontainertools.github.com/v1alpha2");
    assertThat(manifest.get("kind").asText()).isEqualTo("Plugin");
    assertThat(manifest.at("/metadata/name").asText()).isEqualTo("rwop-guard");
    JsonNode spec = manifest.get("spec");
    assertThat(spec.fieldNames())
        .toIterable()
        .isSubsetOf(
            "version", "shortDescription", "description", "caveats", "homepage", "platforms");
    assertThat(spec.get("version").asText()).matches("v\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?");
    assertThat(spec.get("shortDescription").asText()).hasSizeBetween(1, 70).doesNotContain("\n");
    for (String field : List.of("description", "caveats")) {
      assertThat(spec.get(field).asText().lines()).allMatch(line -> line.length() <= 80);
    }
    assertThat(spec.get("platforms")).isNotEmpty().allSatisfy(PluginManifestTest::assertPlatform);
  }

  private static void assertPlatform(JsonNode platform) {
    assertThat(platform.fieldNames())
        .toIterable()
        .isSubsetOf("uri", "sha256", "selector", "files", "license", "bin");
    assertThat(platform.get("uri").asText()).endsWith(".tar.gz");
    assertThat(platform.get("sha256").asText()).matches("[a-f0-9]{64}");
    assertThat(platform.get("bin").asText()).isEqualTo("bin/kubectl-rwop_guard");
    assertThat(platform.at("/selector/matchLabels").fieldNames())
        .toIterable()
        .containsExactly("os", "arch");
  }
}
