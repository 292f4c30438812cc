package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.nodes.Command;
import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import io.rwopguard.testing.nodes.RequestStream;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Tests the life cycle of the chart as a user sees it, from installation to removal. */
@OnRealCluster
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstallationOnClusterIT {

  private RealCluster cluster;
  private Release release;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    release = new Release(cluster);
    release.uninstallIfThere();
  }

  @Test
  @Order(1)
  void the_defaults_of_the_chart_are_ready_and_refuse() {
    Duration ready = release.deploy();
    long start = System.nanoTime();
    release.awaitRefusing();
    Measurements.record(
        "`helm install --wait` of the defaults, from nothing until all is ready", ready);
    Measurements.record(
        "after that, until the API server refuses the first volume",
        Duration.ofNanos(System.nanoTime() - start));
    assertThat(release.pods()).hasSize(2);
    assertThat(release.controllers()).hasSize(2);
  }

  @Test
  @Order(2)
  void helm_test_says_that_it_works() {
    Command test = release.test();
    assertThat(test.exitCode()).as(test.output()).isZero();
  }

  @Test
  @Order(3)
  void kubectl_shows_why_a_volume_that_mixes_modes_is_refused() {
    Command mixed =
        cluster.kubectl(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: mixed}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOncePod, ReadWriteOnce]
              csi: {driver: fenced.csi.rwop-guard.io, volumeHandle: mixed}
            """,
            "create -f -");
    assertThat(mixed.exitCode()).isNotZero();
    // by this API server's own validation, which comes before any validating webhook
    assertThat(mixed.output()).contains("spec.accessModes", "ReadWriteOncePod");
  }

  @Test
  @Order(4)
  void kubectl_shows_why_a_volume_without_a_driver_is_refused() {
    Command refused = cluster.kubectl(RequestStream.REFUSED, "create -f -");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output()).contains("denied the request", "spec.hostPath", "(csi-only)");
  }

  @Test
  @Order(5)
  void kubectl_shows_why_two_replicas_on_one_claim_are_refused() {
    cluster.createNamespace("refused", false);
    cluster.create(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: refused}
        spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
        """);
    String manifest =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: two, namespace: refused}
        spec:
          replicas: 2
          selector: {matchLabels: {app: two}}
          template:
            metadata: {labels: {app: two}}
            spec:
              containers: [{name: db, image: "registry.invalid/busybox:1"}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """;
    // the service hears of the claim by a watch
    RealCluster.await()
        .untilAsserted(
            () -> {
              Command refused = cluster.kubectl(manifest, "create --dry-run=server -f -");
              assertThat(refused.exitCode()).as(refused.output()).isNotZero();
              assertThat(refused.output()).contains("spec.replicas", "(single-consumer)");
            });
  }

  @Test
  @Order(6)
  void accepts_unrelated_objects_without_a_word() {
    cluster.createNamespace("innocent", true);
    Command created =
        cluster.kubectl(
            "",
            "create deployment web --image=registry.invalid/busybox:1 --replicas=3 -n innocent");
    assertThat(created.succeeded()).isEqualToIgnoringNewLines("deployment.apps/web created");
  }

  @Test
  @Order(7)
  void uninstalling_stops_while_a_node_is_fenced_and_says_so() {
    String fenced = "node-1";
    cluster.create(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: fence-of-another-time
          namespace: rwop-guard
          labels: {app.kubernetes.io/managed-by: rwop-guard, rwop-guard.io/record: fence}
        data: {node: %s, entries: '[{"state":"CONFIRMED"}]'}
        """
            .formatted(fenced));
    Command refused = release.tryUninstall();
    assertThat(refused.exitCode()).as(refused.output()).isNotZero();
    assertThat(
            cluster
                .kubectl("", "logs -n rwop-guard job/rwop-guard-clean-up --all-containers")
                .succeeded())
        .contains("node " + fenced, "ConfigMap rwop-guard/fence-of-another-time", "Un-fence");
    assertThat(release.controllers()).as("those that un-fence nodes").hasSize(2);
    release.awaitRefusing();
    cluster.kubectl("", "delete configmap -n rwop-guard fence-of-another-time").succeeded();
  }

  @Test
  @Order(8)
  void uninstalling_leaves_nothing_behind_and_it_can_be_installed_again() {
    release.uninstall();
    assertThat(
            cluster
                .kubectl(
                    "",
                    "get validatingwebhookconfigurations,mutatingwebhookconfigurations,clusterroles,clusterrolebindings,validatingadmissionpolicies -l app.kubernetes.io/name=rwop-guard -o name")
                .succeeded())
        .isEmpty();
    assertThat(
            cluster
                .kubectl(
                    "",
                    "get secrets,leases,services,configmaps,serviceaccounts -n rwop-guard -o name")
                .succeeded()
                .lines())
        .containsOnly("configmap/kube-root-ca.crt", "serviceaccount/default");
    cluster.kubectl(RequestStream.REFUSED, "create --dry-run=server -f -").succeeded();

    Duration ready = release.deploy();
    release.awaitRefusing();
    Measurements.record("`helm install --wait` again after `helm uninstall`", ready);
  }
}
