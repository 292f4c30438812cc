package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.network.ConnectProxy;
import io.rwopguard.testing.process.PackagedProgram;
import io.rwopguard.testing.process.Program;
import io.rwopguard.testing.process.ServiceProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packaged program and HTTPS_PROXY and NO_PROXY: an API server whose name only the proxy knows,
 * or a hosts file that stands for the DNS.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyIT {

  private static final String NAME = "api.rwop-guard.test";

  private ConnectProxy proxy;
  private URI server;
  private Path kubeconfig;
  private Path hosts;

  @BeforeAll
  void start() throws Exception {
    ApiServer api = ApiServer.running();
    server = URI.create(api.client().getMasterUrl().toString());
    proxy = new ConnectProxy(server);
    String yaml =
        Files.readString(api.kubeconfig())
            .replaceAll("(server: \"?https://)[^:]*", "$1" + NAME)
            // the certificate is of another name
            .replaceFirst(
                "certificate-authority(-data)?:[^\\n]*", "insecure-skip-tls-verify: true");
    kubeconfig = Files.writeString(Path.of("target/kubeconfig-of-a-name"), yaml).toAbsolutePath();
    hosts = Files.writeString(Path.of("target/hosts-of-a-name"), "127.0.0.1 " + NAME + "\n");
  }

  @AfterAll
  void stop() throws Exception {
    if (proxy != null) {
      proxy.close();
    }
  }

  private Program migrate(boolean isResolved, Map<String, String> variables, String... more) {
    List<String> jvm =
        isResolved ? List.of("-Djdk.net.hosts.file=" + hosts.toAbsolutePath()) : List.of();
    List<String> arguments = new ArrayList<>(List.of("migrate", "default/nothing"));
    arguments.addAll(List.of(more));
    ProcessBuilder builder =
        new ProcessBuilder(PackagedProgram.shortLived(jvm, arguments.toArray(String[]::new)))
            .redirectErrorStream(true);
    builder.environment().putAll(variables);
    return Program.run(builder, "", Program.PATIENCE);
  }

  private Map<String, String> variables(String noProxy) {
    return Map.of("HTTPS_PROXY", proxy.url(), "no_proxy", "", "NO_PROXY", noProxy);
  }

  @Test
  void the_proxy_is_used_where_no_proxy_does_not_match() {
    int before = proxy.asked().size();
    String others = "localhost, 10.0.0.0/8,*.other.test, .svc,,[::1]:443, 10.0.0.0/99";
    Program program = migrate(false, variables(others), "--kubeconfig", kubeconfig.toString());
    assertThat(program.output())
        .contains("claim default/nothing does not exist")
        .containsOnlyOnce(
            "rwop-guard: NO_PROXY: \"10.0.0.0/99\" is not a host, domain, address or range of addresses, and is ignored")
        .hasLineCount(2);
    assertThat(program.exitCode()).isEqualTo(1);
    assertThat(proxy.asked().subList(before, proxy.asked().size()))
        .isNotEmpty()
        .containsOnly(NAME + ":" + server.getPort());
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.0/8, *.rwop-guard.test", "*"})
  void the_proxy_is_not_used_where_no_proxy_matches(String noProxy) {
    int before = proxy.asked().size();
    // as kubectl finds it, since the client itself reads the variables then
    Map<String, String> variables =
        Map.of(
            "KUBECONFIG", kubeconfig.toString(),
            "HTTPS_PROXY", proxy.url(),
            "NO_PROXY", noProxy);
    Program program = migrate(true, variables);
    assertThat(program.output()).contains("claim default/nothing does not exist").hasLineCount(1);
    assertThat(program.exitCode()).isEqualTo(1);
    assertThat(proxy.asked()).hasSize(before);
  }

  @Test
  void the_service_uses_the_proxy_too_and_starts_whatever_no_proxy_says() throws Exception {
    int before = proxy.asked().size();
    try (ServiceProcess service =
        new ServiceProcess(
            variables("*.other.test, .svc,,10.0.0.0/99"), "rwop-guard.kubeconfig=" + kubeconfig)) {
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> service.health("ready") == 200);
      assertThat(proxy.asked()).hasSizeGreaterThan(before);
      assertThat(service.log()).contains("NO_PROXY: \"10.0.0.0/99\" is not a host");
    }
  }
}
