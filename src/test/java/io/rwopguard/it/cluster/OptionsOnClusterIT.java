package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.Command;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import io.rwopguard.testing.nodes.RequestStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Ways to install the chart that only show on real nodes whether they work. */
@Sampled(methods = 1)
@OnRealCluster
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OptionsOnClusterIT {

  private RealCluster cluster;
  private Release release;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    release = new Release(cluster);
  }

  @AfterAll
  void uninstall() {
    if (release != null) {
      // the next one begins with what a Deployment of the usual kind can be made of
      release.uninstallIfThere();
    }
  }

  @Test
  void policies_refuse_while_the_service_is_away() {
    release.deploy("policies.enabled=true");
    release.awaitRefusing();
    cluster
        .kubectl("", "scale deployment rwop-guard --replicas=0 -n " + Release.NAMESPACE)
        .succeeded();
    RealCluster.await().until(() -> release.pods().isEmpty());

    Command refused = cluster.kubectl(RequestStream.REFUSED, "create --dry-run=server -f -");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("ValidatingAdmissionPolicy", "spec.hostPath", "(csi-only)");
  }

  @Test
  void it_works_on_its_nodes_network_with_ports_of_ones_choice() {
    release.uninstallIfThere();
    release.deploy("hostNetwork=true", "ports.https=18443", "ports.management=19000");
    release.awaitRefusing();
    assertThat(release.pods())
        .hasSize(2)
        .allSatisfy(
            pod -> assertThat(pod.getStatus().getPodIP()).isEqualTo(pod.getStatus().getHostIP()));
    // an update finds its ports taken on two nodes of three
    release.deploy(
        "hostNetwork=true",
        "ports.https=18443",
        "ports.management=19000",
        "podAnnotations.updated=yes");
    release.awaitRefusing();
  }
}
