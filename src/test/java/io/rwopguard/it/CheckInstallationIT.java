package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.InstalledService;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The command that helm test runs, by the packaged program. */
class CheckInstallationIT {

  @Test
  void succeeds_where_the_api_server_asks_rwop_guard_and_leaves_nothing_behind() throws Exception {
    ApiServer api = ApiServer.running();
    try (InstalledService service = new InstalledService(api)) {
      CommandLineResult result = CommandLineResult.of(api.kubeconfig(), "", "check-installation");
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
    CommandLineResult result =
        CommandLineResult.of(kubeconfig.toAbsolutePath(), "", "check-installation");
    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output()).contains("FAILED: the API server itself refused the request");
  }

  @Test
  void another_command_is_answered_with_the_usage() throws Exception {
    CommandLineResult result =
        CommandLineResult.of(ApiServer.running().kubeconfig(), "", "install", "--now");
    assertThat(result.exitCode()).isEqualTo(64);
    assertThat(result.output())
        .contains("'install', '--now'")
        .contains("Usage: rwop-guard")
        .contains("check-installation");
  }
}
