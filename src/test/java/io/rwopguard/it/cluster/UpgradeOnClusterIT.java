package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import io.rwopguard.testing.nodes.RequestStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tests changes while the API server continues to ask. */
@Sampled(methods = 1, classes = 2, turn = 1)
@OnQuietMachine
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpgradeOnClusterIT {

  private RealCluster cluster;
  private Release release;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    release = new Release(cluster);
  }

  @Test
  void a_rolling_upgrade_fails_no_request() {
    release.deploy();
    release.awaitRefusing();
    Set<String> before = uids(release.pods());
    try (RequestStream stream = new RequestStream(cluster.client())) {
      Duration taken = release.deploy("podAnnotations.upgraded=yes");
      RealCluster.await().until(() -> uids(release.pods()).size() == 2);
      stream.goOnFor(Duration.ofSeconds(10));
      Measurements.record(
          "requests during a rolling upgrade of %s s, and 10 s more".formatted(taken.toSeconds()),
          "%d, %d failed".formatted(stream.refused(), stream.failures().size()));
      assertThat(uids(release.pods())).doesNotContainAnyElementsOf(before);
      assertThat(stream.failures()).as(cluster.failedCalls()).isEmpty();
      assertThat(stream.refused()).isPositive();
    }
  }

  @Test
  void rotating_certificates_fails_no_request() throws IOException {
    release.deploy(
        "settings.rwop-guard\\.tls\\.self-managed\\.certificate-lifetime=14s",
        "settings.rwop-guard\\.tls\\.self-managed\\.lease-duration=2s",
        "settings.rwop-guard\\.tls\\.self-managed\\.ca-lifetime=42s",
        "settings.rwop-guard\\.tls\\.self-managed\\.overlap=2s");
    release.awaitRefusing();
    Set<String> leaves = new HashSet<>();
    Set<String> bundles = new HashSet<>();
    try (RequestStream stream = new RequestStream(cluster.client())) {
      long end = System.nanoTime() + Duration.ofMinutes(3).toNanos();
      while ((leaves.size() < 5 || bundles.size() < 4) && System.nanoTime() < end) {
        leaves.add(secret("tls.crt"));
        bundles.add(caBundle());
        stream.goOnFor(Duration.ofMillis(500));
      }
      Measurements.record(
          "requests while the certificate changed %d times and the CA bundle %d times"
              .formatted(leaves.size() - 1, bundles.size() - 1),
          "%d, %d failed".formatted(stream.refused(), stream.failures().size()));
      assertThat(leaves).hasSizeGreaterThanOrEqualTo(5);
      assertThat(bundles).hasSizeGreaterThanOrEqualTo(4);
      assertThat(stream.failures()).as(cluster.failedCalls()).isEmpty();
      // the same processes all the while
      assertThat(release.restarts()).isZero();
      long most = 0;
      for (Pod pod : release.pods()) {
        most = Math.max(most, RealCluster.mostMemory(pod));
      }
      Measurements.record(
          "the most memory that one of the two replicas had in that time", most + " MiB");
    }
  }

  private static Set<String> uids(List<Pod> pods) {
    Set<String> uids = new HashSet<>();
    pods.forEach(pod -> uids.add(pod.getMetadata().getUid()));
    return uids;
  }

  private String secret(String key) {
    String encoded =
        cluster
            .client()
            .secrets()
            .inNamespace(Release.NAMESPACE)
            .withName("rwop-guard-tls")
            .get()
            .getData()
            .get(key);
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.US_ASCII);
  }

  private String caBundle() {
    return cluster
        .client()
        .admissionRegistration()
        .v1()
        .validatingWebhookConfigurations()
        .withName(Release.NAME)
        .get()
        .getWebhooks()
        .get(0)
        .getClientConfig()
        .getCaBundle();
  }
}
