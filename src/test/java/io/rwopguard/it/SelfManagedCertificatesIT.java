package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.SelfManagedInstallation;
import io.rwopguard.testing.apiserver.TrustingClients;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.DocumentedMetrics;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Runs two replicas of the packaged service that generate their certificates automatically, on a
 * real API server. They have no other rights than those documented, and lifetimes of seconds.
 */
@Isolated("it asserts on times")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SelfManagedCertificatesIT {

  private static final String[] LIFETIMES = {
    "rwop-guard.tls.self-managed.certificate-lifetime=12s",
    "rwop-guard.tls.self-managed.ca-lifetime=36s",
    "rwop-guard.tls.self-managed.overlap=1500ms",
    "rwop-guard.tls.self-managed.lease-duration=2s"
  };

  private SelfManagedInstallation installation;
  private Path kubeconfig;

  @BeforeAll
  void install() throws Exception {
    installation = new SelfManagedInstallation(ApiServer.running());
    kubeconfig = installation.kubeconfig("rwop-guard");
  }

  @AfterAll
  void uninstall() throws Exception {
    installation.close();
  }

  private static ServiceProcess replica(String name, Path account, String... more)
      throws IOException {
    List<String> settings = new ArrayList<>(List.of(LIFETIMES));
    settings.addAll(List.of(more));
    settings.add("rwop-guard.tls.self-managed.enabled=true");
    settings.add("rwop-guard.namespace=" + SelfManagedInstallation.NAMESPACE);
    settings.add("rwop-guard.kubeconfig=" + account);
    return new ServiceProcess(Map.of("HOSTNAME", name), settings.toArray(String[]::new));
  }

  private static ConditionFactory within(int seconds) {
    return Awaitility.await().atMost(Duration.ofSeconds(seconds));
  }

  /** Whether a port presents a certificate of a CA that the first webhook trusts now. */
  private boolean isTrusted(int port) throws IOException, GeneralSecurityException {
    try (SSLSocket socket =
        (SSLSocket)
            Tls.trusting(installation.bundles().get(0))
                .getSocketFactory()
                .createSocket("localhost", port)) {
      socket.startHandshake();
      return true;
    }
  }

  @Test
  void rotation_and_the_loss_of_the_leader_or_the_secret_fail_no_request() throws Exception {
    Set<String> issuers = ConcurrentHashMap.newKeySet();
    Set<String> certificates = ConcurrentHashMap.newKeySet();
    try (ServiceProcess a = replica("a", kubeconfig)) {
      within(30).until(() -> a.management("/q/health/ready").body().contains("it does not exist"));
      assertThat(a.health("ready")).isEqualTo(503);
      installation.createSecrets();
      within(30).until(() -> a.health("ready") == 200);

      try (ServiceProcess b = replica("b", kubeconfig);
          ServiceProcess c =
              replica("c", kubeconfig, ServiceProcess.SECURE, "rwop-guard.run=failover");
          TrustingClients clients = new TrustingClients(installation, issuers, certificates)) {
        within(30).until(() -> b.health("ready") == 200);
        assertThat(a.management("/q/metrics").body())
            .contains("rwop_guard_certificate_expiry_timestamp_seconds{certificate=\"ca\"} 1.")
            .contains(
                "rwop_guard_certificate_expiry_timestamp_seconds{certificate=\"serving\"} 1.");
        clients.ask(a.port());
        clients.ask(b.port());
        // it neither answers API servers nor issues certificates, but its metrics can be verified
        within(30).ignoreExceptions().until(() -> isTrusted(c.managementPort()));
        within(60).until(() -> issuers.size() >= 2);

        for (ServiceProcess each : List.of(a, b)) {
          String metrics = each.management("/q/metrics").body();
          DocumentedMetrics.assertServesAll("Certificates", "Failover", metrics);
          assertThat(metrics)
              .contains("rwop_guard_ca_bundle_mismatches 0.0")
              .contains("last_rotation_timestamp_seconds{certificate=\"serving\"} 1.")
              .contains("last_rotation_timestamp_seconds{certificate=\"ca\"} 1.");
        }
        ServiceProcess leader = installation.leader().equals("a") ? a : b;
        ServiceProcess other = leader == a ? b : a;
        assertThat(leader.management("/q/metrics").body())
            .contains("rwop_guard_certificate_leader 1.0");
        assertThat(other.management("/q/metrics").body())
            .contains("rwop_guard_certificate_leader 0.0");
        clients.leave(leader.port());
        leader.kill();
        // no replica leads now: two writes are not one, and a leader would see the state between
        installation.moveKeyBack();
        within(60).until(() -> issuers.size() >= 3);

        within(10)
            .untilAsserted(
                () ->
                    assertThat(other.log())
                        .contains("Copied the CA's key", "Removed the CA's key"));
        assertThat(installation.secretData()).containsOnlyKeys("ca.crt", "tls.crt", "tls.key");
        assertThat(installation.caSecretData()).containsOnlyKeys("ca.crt", "ca.key");

        Map<String, String> before = installation.secretData();
        installation.deleteSecretData();
        within(30).until(() -> installation.secretData().containsKey("tls.crt"));
        assertThat(installation.secretData()).isNotEqualTo(before);
        int known = issuers.size();
        within(60).until(() -> issuers.size() > known);
        within(30).ignoreExceptions().until(() -> isTrusted(c.managementPort()));

        assertThat(clients.failures()).isEmpty();
        assertThat(certificates).hasSizeGreaterThan(6);
        clients.leave(other.port());

        installation.emptyABundle();
        within(5)
            .untilAsserted(
                () -> assertThat(installation.bundles()).isNotEmpty().doesNotContain(""));
        for (ServiceProcess each : List.of(a, b)) {
          assertThat(each.log())
              .doesNotContain("PRIVATE", "forbidden", "Replacing unusable contents", "\tat ");
        }
        assertThat(other.health("ready")).isEqualTo(200);
        other.kill();
        forgets_a_ca_whose_key_has_leaked();
      }
    }
  }

  /** No controller runs before. */
  private void forgets_a_ca_whose_key_has_leaked() throws Exception {
    List<String> leaked = certificates(installation.bundles());
    assertThat(leaked).isNotEmpty();
    installation.forgetCas();
    assertThat(installation.bundles()).containsOnly("");
    try (ServiceProcess fresh = replica("d", kubeconfig)) {
      within(30).until(() -> fresh.health("ready") == 200);
      within(30).untilAsserted(() -> assertThat(installation.bundles()).doesNotContain(""));
      assertThat(certificates(installation.bundles())).doesNotContainAnyElementsOf(leaked);
      assertThat(isTrusted(fresh.port())).isTrue();
    }
  }

  private static List<String> certificates(List<String> bundles) {
    String end = "-----END CERTIFICATE-----";
    return bundles.stream()
        .flatMap(bundle -> Stream.of(bundle.split(end, -1)))
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .distinct()
        .toList();
  }

  @Test
  void without_the_rights_it_says_once_what_is_missing_and_is_not_ready() throws Exception {
    try (ServiceProcess refused = replica("c", installation.kubeconfig("without-rights"))) {
      within(30).until(() -> refused.log().contains("cannot list resource \"secrets\""));
      within(30).until(() -> refused.log().contains("cannot get resource \"leases\""));
      // long enough for several more tries
      Thread.sleep(6000);

      assertThat(refused.health("ready")).isEqualTo(503);
      assertThat(refused.management("/q/health/ready").body())
          .contains("cannot list resource", "docs/installation/certificates.md");
      // once for the Secret of the CA's key and once for that of the serving certificate
      assertThat(refused.log().lines().filter(line -> line.contains("\"secrets\"")))
          .hasSize(2)
          .doesNotHaveDuplicates()
          .allSatisfy(line -> assertThat(line).contains("docs/installation/certificates.md"));
      assertThat(refused.log().lines().filter(line -> line.contains("\"leases\""))).hasSize(1);
      assertThat(refused.log()).doesNotContain("\tat ");
    }
  }
}
