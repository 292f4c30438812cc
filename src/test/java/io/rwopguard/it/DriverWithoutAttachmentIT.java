package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests claims of a driver that does not attach ({@code attachRequired: false}). No
 * VolumeAttachment tells whether a node still writes to the volume. So more is waited for than the
 * Pod's object.
 */
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DriverWithoutAttachmentIT {

  private static final String NAMESPACE = "no-attachment";

  /** Time in which a kubelet has ended the containers of a Pod that vanished while they ran. */
  private static final Duration QUIET = Duration.ofSeconds(30);

  private static final String DELETION = "DELETE .*persistentvolumeclaims/.*";

  private static final String DRIVER =
      """
      apiVersion: storage.k8s.io/v1
      kind: CSIDriver
      metadata: {name: nfs.csi.k8s.io}
      spec: {attachRequired: false, volumeLifecycleModes: [Persistent]}
      """;

  private static final String MANIFESTS =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %1$s-%2$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: nfs.csi.k8s.io, volumeHandle: %1$s-%2$s}
        claimRef: {namespace: %1$s, name: %2$s}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %2$s, namespace: %1$s}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: ""
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: %2$s, namespace: %1$s}
      spec:
        strategy: {type: Recreate}
        selector: {matchLabels: {app: %2$s}}
        template:
          metadata: {labels: {app: %2$s}}
          spec:
            terminationGracePeriodSeconds: 1
            containers: [{name: wiki, image: wiki}]
            volumes: [{name: pages, persistentVolumeClaim: {claimName: %2$s}}]
      """;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private int number;

  private String name;
  private String firstClaim;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
    cluster.create(DRIVER);
  }

  @AfterAll
  void stop() throws Exception {
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.kubectl("delete --ignore-not-found csidriver nfs.csi.k8s.io");
      cluster.close();
    }
  }

  @BeforeEach
  void makeDeployment() throws Exception {
    number++;
    name = "wiki" + number;
    proxy.killAt(KillingProxy.When.NEVER, 0);
    nodeIsReady("True");
    cluster.create(MANIFESTS.formatted(NAMESPACE, name));
    cluster.pod(name);
    firstClaim = claim().getMetadata().getUid();
  }

  private void nodeIsReady(String status) throws Exception {
    cluster.kubectl(
        "patch node played --subresource=status --type=merge -p "
            + "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"}]}}"
                .formatted(status));
  }

  private PersistentVolumeClaim claim() {
    return client.persistentVolumeClaims().inNamespace(NAMESPACE).withName(name).get();
  }

  private CommandLineResult migrate(String option) {
    return proxy.run("migrate", NAMESPACE + "/" + name, option);
  }

  private CompletableFuture<CommandLineResult> holdAtDeletion() {
    proxy.holdAtWrite(DELETION);
    return CompletableFuture.supplyAsync(() -> migrate("--apply"));
  }

  private void assertRefused(String why) {
    CommandLineResult refused = migrate("--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output()).contains(why).contains("the driver of its volume does not attach");
    assertThat(proxy.writes()).isEmpty();
    assertThat(claim().getMetadata().getUid()).isEqualTo(firstClaim);
  }

  private void assertMoved(CommandLineResult done) {
    assertThat(done.exitCode()).as(done.output()).isZero();
    PersistentVolumeClaim claim = claim();
    assertThat(claim.getMetadata().getUid()).isNotEqualTo(firstClaim);
    assertThat(claim.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    var volume = client.persistentVolumes().withName(NAMESPACE + "-" + name).get();
    assertThat(volume.getSpec().getClaimRef().getUid()).isEqualTo(claim.getMetadata().getUid());
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    cluster.pod(name);
  }

  @Test
  void a_pod_on_a_node_that_is_not_ready_is_refused() throws Exception {
    String pod = cluster.pod(name).getMetadata().getName();
    nodeIsReady("Unknown");
    assertRefused("Pod %s runs on node played, which is not Ready".formatted(pod));
    nodeIsReady("True");
    CommandLineResult planned = migrate("--dry-run");
    assertThat(planned.exitCode()).as(planned.output()).isZero();
  }

  @Test
  void a_pod_with_a_grace_period_of_zero_is_refused() throws Exception {
    Pod before = cluster.pod(name);
    cluster.kubectl(
        "patch deployment %s -p {\"spec\":{\"template\":{\"spec\":{\"terminationGracePeriodSeconds\":0}}}}"
            .formatted(name));
    Pod pod = cluster.podAfter(before);
    assertRefused("Pod %s has a grace period of 0".formatted(pod.getMetadata().getName()));
  }

  /** A finalizer keeps the Pod's object, so that the test can be its kubelet. */
  @Test
  void the_claim_is_deleted_once_the_containers_have_ended() throws Exception {
    String pod = cluster.pod(name).getMetadata().getName();
    cluster.kubectl(
        "patch pod %s --type=merge -p {\"metadata\":{\"finalizers\":[\"example.org/hold\"]}}"
            .formatted(pod));
    CompletableFuture<CommandLineResult> running = holdAtDeletion();
    var object = client.pods().inNamespace(NAMESPACE).withName(pod);
    ControlledCluster.await()
        .until(() -> running.isDone() || object.get().getMetadata().getDeletionTimestamp() != null);
    reportContainer(pod, "{\"terminated\":{\"exitCode\":0}}");
    // the program has to see it
    Thread.sleep(2000);
    assertThat(proxy.writes()).noneMatch(write -> write.matches(DELETION));
    long ended = System.nanoTime();
    cluster.kubectl(
        "patch pod %s --type=merge -p {\"metadata\":{\"finalizers\":null}}".formatted(pod));
    assertThat(proxy.awaitHeld(running)).isTrue();
    assertThat(since(ended)).isLessThan(QUIET.dividedBy(2));
    proxy.release();
    assertMoved(running.get());
  }

  @Test
  void a_pod_that_vanishes_while_its_containers_run_is_given_time() throws Exception {
    String pod = cluster.pod(name).getMetadata().getName();
    reportContainer(pod, "{\"running\":{}}");
    CompletableFuture<CommandLineResult> running = holdAtDeletion();
    var object = client.pods().inNamespace(NAMESPACE).withName(pod);
    ControlledCluster.await().until(() -> running.isDone() || object.get() == null);
    long vanished = System.nanoTime();
    assertThat(proxy.awaitHeld(running)).isTrue();
    // the test saw it a moment after the API server did
    assertThat(since(vanished)).isGreaterThan(QUIET.minusSeconds(2));
    assertThat(claim().getMetadata().getUid()).isEqualTo(firstClaim);
    proxy.release();
    CommandLineResult done = running.get();
    assertMoved(done);
    assertThat(done.output())
        .contains("the containers of " + pod + " have certainly ended (the driver does not attach");
  }

  @Test
  void no_lines_are_printed_while_a_pod_runs(@TempDir Path folder) throws Exception {
    String pod = cluster.pod(name).getMetadata().getName();
    CommandLineResult refused = migrate("--show-kubectl");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("when the containers of Pod %s have ended".formatted(pod))
        .doesNotContain("kubectl -n ");
    cluster.kubectl("scale deployment %s --replicas=0".formatted(name));
    ControlledCluster.await().until(() -> cluster.pods(name).isEmpty());
    CommandLineResult shown = migrate("--show-kubectl");
    assertThat(shown.exitCode()).as(shown.output()).isZero();
    KubectlResult done = cluster.shell("cd '%s'%n%s".formatted(folder, shown.output()));
    assertThat(done.exitCode()).as(shown.output() + done.output()).isZero();
    assertThat(claim().getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
  }

  /** Pods that are gone may have left containers, and no kubectl command tells. */
  @Test
  void no_lines_are_printed_for_what_kubectl_cannot_tell() throws Exception {
    CompletableFuture<CommandLineResult> running = holdAtDeletion();
    assertThat(proxy.awaitHeld(running)).isTrue();
    proxy.killAt(KillingProxy.When.BEFORE, 1);
    proxy.release();
    running.get();
    proxy.killAt(KillingProxy.When.NEVER, 0);
    CommandLineResult refused = migrate("--show-kubectl");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("kubectl cannot determine whether the containers of Pods of an earlier run")
        .contains("Use --apply, which waits for it")
        .doesNotContain("delete");
    assertMoved(migrate("--apply"));
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }

  private void reportContainer(String pod, String state) throws Exception {
    cluster.kubectl(
        "patch pod %s --subresource=status --type=merge -p ".formatted(pod)
            + "{\"status\":{\"containerStatuses\":[{\"name\":\"wiki\",\"image\":\"wiki\",\"imageID\":\"\",\"ready\":false,\"restartCount\":0,\"state\":%s}]}}"
                .formatted(state));
  }
}
