package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import io.rwopguard.testing.nodes.RequestStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Upgrades from another commit's chart and image to these, and goes back, while the API server
 * continues to ask. It builds that commit, which takes minutes, so it runs only for {@code
 * -Dupgrade.from=REVISION}.
 */
@EnabledIfSystemProperty(
    named = "upgrade.from",
    matches = ".+",
    disabledReason = "it builds another commit: make upgrade")
@OnQuietMachine
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VersionsOnClusterIT {

  private static final String REVISION = System.getProperty("upgrade.from", "");
  private static final String OTHER = "rwop-guard:other";

  /** Both Deployments roll out, and each elects. */
  private static final String FAILOVER = "failover.mode=observe";

  private RealCluster cluster;
  private Release release;
  private Path other;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    release = new Release(cluster);
    other = cluster.otherVersion(REVISION);
  }

  @Test
  void an_upgrade_and_a_rollback_fail_no_request() {
    release.uninstallIfThere();
    release.deployChart(other.resolve("chart"), "image.tag=other", FAILOVER);
    release.awaitRefusing();
    assertThat(images()).singleElement().asString().endsWith(OTHER);
    try (RequestStream stream = new RequestStream(cluster.client())) {
      Duration up = release.deploy(FAILOVER);
      RealCluster.await().until(() -> images().stream().noneMatch(each -> each.endsWith(OTHER)));
      stream.goOnFor(Duration.ofSeconds(10));
      assertThat(stream.failures()).as("of the upgrade; " + cluster.failedCalls()).isEmpty();
      int ofUpgrade = stream.refused();

      Duration down = release.rollBack();
      RealCluster.await().until(() -> images().stream().allMatch(each -> each.endsWith(OTHER)));
      stream.goOnFor(Duration.ofSeconds(10));
      assertThat(stream.failures()).as("of the rollback; " + cluster.failedCalls()).isEmpty();

      assertThat(ofUpgrade).isPositive();
      assertThat(stream.refused()).isGreaterThan(ofUpgrade);
      Measurements.record(
          "requests during an upgrade from %s (%d s) and a rollback to it (%d s), and 10 s more each"
              .formatted(REVISION, up.toSeconds(), down.toSeconds()),
          "%d, none failed".formatted(stream.refused()));
    }
    assertThat(release.restarts()).as("restarts of Pods that answer").isZero();
    RealCluster.await().until(() -> release.readyControllers() == 2);
  }

  /** Returns the images of all its Pods. */
  private Set<String> images() {
    return List.of(release.pods(), release.controllers()).stream()
        .flatMap(List::stream)
        .map(Pod::getSpec)
        .map(spec -> spec.getContainers().get(0).getImage())
        .collect(Collectors.toSet());
  }
}
