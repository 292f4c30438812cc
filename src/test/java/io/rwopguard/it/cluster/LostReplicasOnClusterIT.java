package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.Command;
import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import io.rwopguard.testing.nodes.RequestStream;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Checks the promises of the failure policy when replicas are killed as by kill -9. */
@Sampled(methods = 1, classes = 2, turn = 1)
@OnRealCluster
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LostReplicasOnClusterIT {

  private static final String NAMESPACE = "bystanders";

  private static final String APP =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: app}
      spec:
        accessModes: [ReadWriteOncePod]
        storageClassName: attached
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: app}
      spec:
        strategy: {type: Recreate}
        selector: {matchLabels: {app: app}}
        template:
          metadata: {labels: {app: app, revision: "%d"}}
          spec:
            terminationGracePeriodSeconds: 1
            containers:
              - name: app
                image: registry.invalid/busybox:1
                command: [sleep, "3600"]
                volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: app}}]
      """;

  private static final String OTHER =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: other}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: attached
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: other}
      spec:
        containers:
          - name: app
            image: registry.invalid/busybox:1
            command: [sleep, "3600"]
            volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: other}}]
      """;

  private RealCluster cluster;
  private Release release;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    release = new Release(cluster);
    cluster.createNamespace(NAMESPACE, false);
  }

  @AfterAll
  void tidy() {
    if (cluster != null) {
      cluster.kubectl("", "delete namespace " + NAMESPACE);
    }
  }

  @Test
  void with_one_replica_killed_the_other_continues() {
    release.deploy();
    release.awaitRefusing();
    try (RequestStream stream = new RequestStream(cluster.client())) {
      stream.goOnFor(Duration.ofSeconds(5));
      assertThat(stream.failures()).isEmpty();
      Pod killed = release.pods().get(0);
      long kill = System.nanoTime();
      cluster.killContainers(killed);
      RealCluster.await().until(() -> release.restarts() > 0 && release.readyPods() == 2);
      Measurements.record(
          "one of two replicas killed, until it is ready again",
          Duration.ofNanos(System.nanoTime() - kill));
      stream.goOnFor(Duration.ofSeconds(5));
      Measurements.record(
          "requests meanwhile, and 5 s before and after",
          "%d refused, %d let through by `failurePolicy: Ignore`"
              .formatted(stream.refused(), stream.failures().size()));
      // nothing is held up: what the API server cannot ask about, it lets through
      assertThat(stream.failures()).allMatch(failure -> failure.endsWith("let through"));
      assertThat(stream.failures().size()).isLessThan(stream.refused());

      int failedUntilNow = stream.failures().size();
      stream.goOnFor(Duration.ofSeconds(5));
      assertThat(stream.failures()).hasSize(failedUntilNow);
    }
  }

  @Test
  void with_both_killed_nothing_is_held_up_and_they_come_back_automatically() {
    release.deploy();
    release.awaitRefusing();
    long kill = System.nanoTime();
    release.pods().forEach(cluster::killContainers);
    assertThat(release.refuses()).isFalse();
    cluster
        .kubectl("", "run bystander --image=registry.invalid/busybox:1 -n " + NAMESPACE)
        .succeeded();
    release.awaitRefusing();
    Measurements.record(
        "both replicas killed, until the API server refuses again",
        Duration.ofNanos(System.nanoTime() - kill));
  }

  @Test
  void with_failure_policy_fail_volumes_wait_for_it_and_pods_do_not() {
    release.deploy(
        "webhooks.validating.failurePolicy.volumes=Fail",
        "webhooks.validating.failurePolicy.workloads=Fail");
    release.awaitRefusing();
    release.pods().forEach(cluster::killContainers);

    Command volume = cluster.kubectl(RequestStream.REFUSED, "create --dry-run=server -f -");
    assertThat(volume.exitCode()).isNotZero();
    assertThat(volume.output()).contains("failed calling webhook");
    cluster
        .kubectl("", "run bystander-too --image=registry.invalid/busybox:1 -n " + NAMESPACE)
        .succeeded();
    // they are Pods of a Deployment themselves, deleted and recreated while no replica answers
    cluster
        .kubectl("", "delete pods --all --force --grace-period=0 -n " + Release.NAMESPACE)
        .succeeded();
    release.awaitRefusing();
  }

  /** With {@code Fail}, an incident can still be ended, and storage of other modes is made. */
  @Test
  void with_failure_policy_fail_and_no_replica_workloads_roll_back_and_scale_down() {
    release.deploy(
        "webhooks.validating.failurePolicy.volumes=Fail",
        "webhooks.validating.failurePolicy.workloads=Fail");
    release.awaitRefusing();
    kubectl(APP.formatted(1), "apply -f -");
    kubectl("", "rollout status deployment/app --timeout=60s");
    kubectl(APP.formatted(2), "apply -f -");
    kubectl("", "rollout status deployment/app --timeout=60s");
    cluster
        .kubectl("", "scale deployment rwop-guard --replicas=0 -n " + Release.NAMESPACE)
        .succeeded();
    RealCluster.await().until(() -> release.pods().isEmpty());

    Command refused = cluster.kubectl(RequestStream.REFUSED, "create --dry-run=server -f -");
    assertThat(refused.output()).contains("failed calling webhook");
    kubectl("", "rollout undo deployment/app");
    kubectl("", "rollout status deployment/app --timeout=60s");
    kubectl("", "scale deployment/app --replicas=0");
    RealCluster.await().until(() -> kubectl("", "get pods -l app=app -o name").isBlank());
    // the provisioner creates a volume of another mode
    kubectl(OTHER, "create -f -");
    kubectl("", "wait pod/other --for=condition=Ready --timeout=60s");
    kubectl("", "delete pod/other pvc/other --grace-period=1");

    release.deploy();
    release.awaitRefusing();
  }

  private String kubectl(String manifest, String command) {
    return cluster.kubectl(manifest, command + " -n " + NAMESPACE).succeeded();
  }
}
