package io.rwopguard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The exit codes of commands that a real API server answers, or refuses. */
class ExitCodesIT {

  private static Stream<String> commands() {
    return Stream.concat(ExitCodesTest.commandsThatAskACluster(), Stream.of("check-installation"));
  }

  private static CommandLineRun run(Path kubeconfig, String line) {
    List<String> arguments = new ArrayList<>(List.of(line.split(" ", -1)));
    arguments.addAll(List.of("--kubeconfig", kubeconfig.toString()));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static Path kubeconfig(String user) throws IOException {
    String changed =
        Files.readString(ApiServer.running().kubeconfig())
            .replaceFirst("client-certificate(-data)?:.*", user)
            .replaceAll("client-key(-data)?:.*", "");
    return Files.writeString(
        Path.of("target/exit-codes-kubeconfig-" + user.length()).toAbsolutePath(), changed);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void a_user_without_rights_is_2(String line) throws Exception {
    CommandLineRun run = run(kubeconfig(""), line);
    assertThat(run.exitCode()).as(run.error()).isEqualTo(2);
    if (!line.equals("check-installation")) {
      assertThat(run.error())
          .startsWith("rwop-guard: the API server refused a request: ")
          .contains("ask the cluster's administrator for this right");
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void a_user_whom_the_api_server_does_not_know_is_2(String line) throws Exception {
    CommandLineRun run = run(kubeconfig("token: nonsense"), line);
    assertThat(run.exitCode()).as(run.error()).isEqualTo(2);
    if (!line.equals("check-installation")) {
      assertThat(run.error()).contains("log in to the cluster again");
    }
  }

  @Test
  void refuses_a_missing_object_with_1() {
    Path kubeconfig = ApiServer.running().kubeconfig();
    CommandLineRun migrate = run(kubeconfig, "migrate default/nothing");
    assertThat(migrate.exitCode()).as(migrate.error()).isEqualTo(1);
    assertThat(migrate.error()).contains("claim default/nothing does not exist");
    CommandLineRun selected = run(kubeconfig, "migrate default --selector app=nothing");
    assertThat(selected.exitCode()).as(selected.error()).isEqualTo(1);
    assertThat(selected.error()).contains("namespace default has no claims");
    assertThat(run(kubeconfig, "failover default/nothing --node-is-down --yes").exitCode())
        .isEqualTo(1);
  }

  /** The command line accepts exactly those selectors that the API server accepts. */
  @Test
  void a_selector_is_read_as_the_api_server_reads_it() {
    var claims = ApiServer.running().client().persistentVolumeClaims().inNamespace("default");
    for (String selector :
        List.of(
            "app",
            "!app",
            "app=db",
            "app==db",
            "app!=db",
            "app=",
            "app in (a, b)",
            "app notin (a)",
            "app in (a,,b)",
            "app in ()",
            "example.org/app=db,tier!=x",
            "size>5",
            "size > -5",
            " app = db ",
            "app=db,",
            ",app=db",
            "app=a b",
            "app=a/b",
            "app in a",
            "a b",
            "=db",
            "-app=db",
            "app=-db",
            "Example.org/app=db",
            "a/b/c=d",
            "app>x",
            "app in (a",
            "! app",
            "app exists",
            "app=" + "x".repeat(63),
            "app=" + "x".repeat(64))) {
      boolean accepted = true;
      try {
        claims.withLabelSelector(selector).list();
      } catch (RuntimeException e) {
        accepted = false;
      }
      CommandLineRun run =
          CommandLineRun.of(
              "migrate",
              "default",
              "--kubeconfig",
              ApiServer.running().kubeconfig().toString(),
              "--selector=" + selector);
      assertThat(run.exitCode() != 64).as("%s: %s", selector, run.error()).isEqualTo(accepted);
    }
  }
}
