package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The command that helm test runs, by the packaged program. */
class CheckInstallationIT {

  private record Result(int exitCode, String output) {}

  @Test
  void succeeds_where_the_api_server_asks_rwop_guard_and_leaves_nothing_behind() throws Exception {
    ApiServer api = ApiServer.running();
    try (InstalledService service = new InstalledService(api)) {
      Result result = run(api.kubeconfig(), "check-installation");
      assertThat(result.exitCode()).as(result.output()).isZero();
      assertThat(result.output()).contains("rwop-guard works").contains("spec.hostPath");
      assertThat(service.log()).as("a dry run leaves no trace").doesNotContain("csi-only");
    }
    assertThat(api.client().persistentVolumes().list().getItems())
        .noneMatch(volume -> volume.getMetadata().getName().startsWith("rwop-guard-check"));
  }

  @Test
  void says_at_once_that_a_right_is_missing() throws Exception {
    ApiServer api = ApiServer.running();
    String anonymous =
        Files.readString(api.kubeconfig()).replaceAll("client-(certificate|key)(-data)?:.*", "");
    Path kubeconfig = Files.writeString(Path.of("target/anonymous-kubeconfig"), anonymous);
    Result result = run(kubeconfig.toAbsolutePath(), "check-installation");
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output()).contains("FAILED: the API server itself refused the question");
  }

  @Test
  void another_command_is_answered_with_the_usage() throws Exception {
    Result result = run(ApiServer.running().kubeconfig(), "install", "--now");
    assertThat(result.exitCode()).isEqualTo(64);
    assertThat(result.output())
        .contains("no command \"install --now\"")
        .contains("usage: rwop-guard [check-installation]");
  }

  private static Result run(Path kubeconfig, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Drwop-guard.kubeconfig=" + kubeconfig);
    command.addAll(List.of("-jar", "target/quarkus-app/quarkus-run.jar"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }
}
