package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rwopguard.testing.process.PackagedProgram;
import io.rwopguard.testing.process.Program;
import io.rwopguard.testing.process.PullRequestJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs what GitHub, GitLab and pre-commit run, with the packaged program on real files. */
class PullRequestsIT {

  private static final String FINDINGS = "db.yaml";
  private static final String GOOD = "good.yaml";
  private static final String UNREADABLE = "not-utf8.yaml";
  private static final String COMMAND = String.join(" ", PackagedProgram.shortLived(List.of()));
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path workspace;
  @TempDir Path elsewhere;

  @BeforeEach
  void checkOut() throws IOException {
    Path manifests = Path.of("src/test/resources/lint/manifests");
    for (Path file :
        List.of(
            Path.of("examples/lint", FINDINGS),
            manifests.resolve(GOOD),
            manifests.resolve("nested").resolve(UNREADABLE))) {
      Files.copy(file, workspace.resolve(file.getFileName()));
    }
  }

  private Program gitHub(String paths, String arguments) throws IOException {
    return PullRequestJobs.gitHub(
        workspace,
        elsewhere.resolve("outputs"),
        Map.of("paths", paths, "arguments", arguments, "command", COMMAND));
  }

  private Program gitLab(String paths, String arguments) throws IOException {
    Path bin = elsewhere.resolve("bin");
    if (Files.notExists(bin)) {
      Files.createDirectory(bin);
      Files.copy(PullRequestJobs.SCRIPT, bin.resolve("rwop-guard-ci"));
      Path program = bin.resolve("rwop-guard");
      Files.writeString(program, "#!/bin/sh\nexec " + COMMAND + " \"$@\"\n");
      assertThat(program.toFile().setExecutable(true)).isTrue();
    }
    return PullRequestJobs.gitLab(
        workspace, bin, Map.of("image", "any", "paths", paths, "arguments", arguments));
  }

  private String outputs() throws IOException {
    return Files.readString(elsewhere.resolve("outputs"));
  }

  private JsonNode report(String name) throws IOException {
    return JSON.readTree(workspace.resolve(name).toFile());
  }

  @ParameterizedTest
  @CsvSource({"db.yaml, 1, 2", "good.yaml, 0, 0", "not-utf8.yaml, 2, 0"})
  void all_three_exit_as_lint_does(String path, int exitCode, int findings) throws IOException {
    Program onGitHub = gitHub(path, "");
    assertThat(onGitHub.exitCode()).as(onGitHub.output()).isEqualTo(exitCode);
    assertThat(outputs()).isEqualTo("exit-code=%d\nsarif=rwop-guard.sarif\n".formatted(exitCode));
    assertThat(report("rwop-guard.sarif").at("/runs/0/results")).hasSize(findings);

    Program onGitLab = gitLab(path, "");
    assertThat(onGitLab.exitCode()).as(onGitLab.output()).isEqualTo(exitCode);
    // what cannot be read is an issue too: GitLab shows nothing else of a report
    assertThat(report("gl-code-quality-report.json")).hasSize(exitCode == 2 ? 1 : findings);

    Program hook = PullRequestJobs.preCommit(workspace, COMMAND, path);
    assertThat(hook.exitCode()).as(hook.output()).isEqualTo(exitCode);
  }

  @Test
  void github_annotates_the_lines() throws IOException {
    assertThat(gitHub(FINDINGS, "").output())
        .contains("::error file=db.yaml,line=17,col=3,title=single-consumer::Deployment shop/db: ")
        .contains("::warning file=db.yaml,line=19,");
    assertThat(gitHub(UNREADABLE, "").output()).contains("::error file=not-utf8.yaml,line=");
  }

  @Test
  void gitlab_shows_the_findings_in_the_log_too() throws IOException {
    assertThat(gitLab(FINDINGS, "").output()).contains("db.yaml:17:3: deny: spec.replicas: ");
    assertThat(report("gl-code-quality-report.json").findValuesAsText("path"))
        .containsOnly("db.yaml");
  }

  @Test
  void the_hook_checks_the_whole_folder_unless_it_is_given_paths() throws IOException {
    Program hook = PullRequestJobs.preCommit(workspace, COMMAND);
    assertThat(hook.exitCode()).isEqualTo(1);
    assertThat(hook.output())
        .contains("2 files, 4 objects: 1 deny, 1 warn, 0 audit, 1 part not read");
  }

  @Test
  void a_wrong_option_leaves_no_report() throws IOException {
    Program onGitHub = gitHub(FINDINGS, "--rule\nno-such-rule=deny");
    assertThat(onGitHub.exitCode()).isEqualTo(64);
    assertThat(onGitHub.output()).contains("rule no-such-rule does not exist");
    assertThat(outputs()).isEqualTo("exit-code=64\n");
    Program onGitLab = gitLab(FINDINGS, "--no-such-option");
    assertThat(onGitLab.exitCode()).isEqualTo(64);
    assertThat(workspace.resolve("rwop-guard.sarif")).doesNotExist();
    assertThat(workspace.resolve("gl-code-quality-report.json")).doesNotExist();
    assertThat(PullRequestJobs.preCommit(workspace, COMMAND, "--no-such-option").exitCode())
        .isEqualTo(64);
  }

  @Test
  void options_and_several_paths_reach_lint() throws IOException {
    Program onGitHub = gitHub("good.yaml\n\ndb.yaml\n", "--rule\nsingle-consumer=off");
    assertThat(onGitHub.exitCode()).as(onGitHub.output()).isZero();
    assertThat(onGitHub.output()).contains("2 files, 4 objects: 0 deny, 1 warn, 0 audit");
    assertThat(gitLab("good.yaml db.yaml", "--fail-on warn --rule single-consumer=off").exitCode())
        .isEqualTo(1);
  }

  @Test
  void a_name_that_looks_like_an_option_is_a_path() throws IOException {
    Files.move(workspace.resolve(GOOD), workspace.resolve("--diff"));
    assertThat(gitHub("--diff", "").exitCode()).isZero();
    assertThat(outputs()).contains("exit-code=0");
  }

  /** A clone is what the runner of the action and pre-commit have. */
  @Test
  void without_a_command_the_clone_runs_what_it_has_built() throws IOException {
    Program onGitHub =
        PullRequestJobs.gitHub(workspace, elsewhere.resolve("outputs"), Map.of("paths", FINDINGS));
    assertThat(onGitHub.exitCode()).as(onGitHub.output()).isEqualTo(1);
    assertThat(onGitHub.output()).contains("::error file=db.yaml,line=17,");
  }

  @Test
  void the_script_says_how_it_is_used() {
    List<List<String>> wrong =
        List.of(List.of(), List.of("xml"), List.of("github"), List.of("gitlab", "report", "-"));
    for (List<String> arguments : wrong) {
      Program script = script(arguments);
      assertThat(script.exitCode()).as(script.output()).isEqualTo(64);
      assertThat(script.output()).contains("Usage: ");
    }
  }

  private Program script(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(PullRequestJobs.SCRIPT.toString()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(workspace.toFile()).redirectErrorStream(true);
    return Program.run(builder, "", Program.PATIENCE);
  }
}
