package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.apiserver.KubernetesBinaries;
import io.rwopguard.testing.process.Program;
import io.rwopguard.testing.process.PullRequestJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests the archive of src/plugin/build: as a kubectl plugin, and as GitLab's jobs download it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PluginIT {

  private static final int CANNOT_BE_MADE_HERE = 69;

  private Path folder;
  private Path archive;
  private Path unpacked;

  @BeforeAll
  void build(@TempDir Path temporary) throws IOException {
    folder = temporary;
    ProcessBuilder builder =
        new ProcessBuilder(Path.of("src/plugin/build").toAbsolutePath().toString());
    builder.environment().put("PLUGIN_FOLDER", folder.resolve("made").toString());
    Program build =
        Program.run(builder.redirectError(ProcessBuilder.Redirect.INHERIT), "", Program.PATIENCE);
    assumeFalse(
        build.exitCode() == CANNOT_BE_MADE_HERE,
        "skipped: the archive cannot be made on this machine, see the line of src/plugin/build");
    assertThat(build.exitCode()).isZero();
    archive = Path.of(build.output().strip());
    unpacked = Files.createDirectory(folder.resolve("unpacked"));
    assertThat(run("tar", "-xzf", archive.toString(), "-C", unpacked.toString()).exitCode())
        .isZero();
  }

  private Program run(String... command) {
    return Program.run(
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true),
        "",
        Program.PATIENCE);
  }

  @Test
  void kubectl_runs_it_as_a_plugin() throws Exception {
    Optional<Path> binaries = KubernetesBinaries.find();
    assumeTrue(binaries.isPresent(), "skipped: there is no Go to build kubectl with");
    // krew links to the program, and has only the folder of its links on the PATH
    Path links = Files.createDirectory(folder.resolve("links"));
    Files.createSymbolicLink(
        links.resolve("kubectl-rwop_guard"), unpacked.resolve("bin/kubectl-rwop_guard"));
    Program rules = kubectl(binaries.get(), links, "rwop-guard", "rules");
    assertThat(rules.exitCode()).as(rules.output()).isZero();
    RuleSet.WITH_DEFAULTS
        .rules()
        .forEach(rule -> assertThat(rules.output()).contains(rule.id() + " "));

    Program findings =
        kubectl(
            binaries.get(),
            links,
            "rwop-guard",
            "lint",
            Path.of("examples/lint").toAbsolutePath().toString());
    assertThat(findings.exitCode()).as(findings.output()).isEqualTo(1);
    assertThat(kubectl(binaries.get(), links, "rwop-guard").output())
        .startsWith("Usage: rwop-guard ");
  }

  private Program kubectl(Path binaries, Path links, String... arguments) {
    List<String> command = new ArrayList<>(List.of(binaries.resolve("kubectl").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", links + ":/usr/bin:/bin");
    builder.environment().remove("JAVA_HOME");
    return Program.run(builder, "", Program.PATIENCE);
  }

  /** krew refuses archives with anything else. */
  @Test
  void the_archive_has_files_and_folders_only() {
    Program list = run("tar", "-tvzf", archive.toString());
    assertThat(list.output().lines())
        .hasSizeGreaterThan(200)
        .allMatch(line -> line.matches("[-d][rwx-]{9} 0/0 .*"));
    assertThat(list.output())
        .contains(" bin/rwop-guard\n", " app/rwop-guard.cdx.json\n")
        .contains(" LICENSE\n", " NOTICE\n", " THIRD-PARTY.md\n")
        .contains(" runtime/legal/java.base/LICENSE\n");
  }

  @Test
  void its_checksum_is_beside_it() {
    ProcessBuilder check =
        new ProcessBuilder("sha256sum", "-c", archive.getFileName() + ".sha256")
            .directory(archive.getParent().toFile());
    assertThat(Program.run(check, "", Program.PATIENCE).exitCode()).isZero();
  }

  @Test
  void gitlab_downloads_it_and_compares_the_checksum() throws Exception {
    Path workspace = Files.createDirectory(folder.resolve("workspace"));
    Files.copy(Path.of("examples/lint/db.yaml"), workspace.resolve("db.yaml"));
    String sum =
        Files.readString(archive.resolveSibling(archive.getFileName() + ".sha256"))
            .split(" ", 2)[0];
    Path report = workspace.resolve("gl-code-quality-report.json");

    Program wrong = gitLab(workspace, sum.replace(sum.charAt(0), sum.charAt(0) == 'a' ? 'b' : 'a'));
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.output()).contains("FAILED");
    assertThat(report).doesNotExist();

    Program right = gitLab(workspace, sum);
    assertThat(right.exitCode()).as(right.output()).isEqualTo(1);
    assertThat(new ObjectMapper().readTree(report.toFile())).hasSize(2);
  }

  private Program gitLab(Path workspace, String sum) throws IOException {
    return PullRequestJobs.gitLab(
        workspace,
        folder.resolve("empty"),
        Map.of("image", "any", "archive", archive.toUri().toString(), "sha256", sum));
  }
}
