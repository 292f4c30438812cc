package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The move from ReadWriteOnce to ReadWriteOncePod beside real controllers: whole, and killed before
 * and after some of its writes, gone on with and gone back.
 */
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationIT {

  private static final int KILLS = 1;
  private static final String NAMESPACE = "migration";
  private static final List<String> SHARED = MigratedSet.SHARED;
  private static final List<String> EXCLUSIVE = MigratedSet.EXCLUSIVE;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private int number;

  private MigratedSet set;
  private String name;
  private String volume;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
  }

  @AfterAll
  void stop() {
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void makeFirstSet() throws Exception {
    makeSet();
  }

  private void makeSet() throws Exception {
    number++;
    proxy.killAt(When.NEVER, 0);
    set = new MigratedSet(cluster, NAMESPACE, "db" + number);
    name = set.name();
    volume = set.volumeName();
  }

  private PersistentVolumeClaim claim() {
    return set.claim();
  }

  private PersistentVolume volume() {
    return set.volume();
  }

  private CommandLineResult migrate(String... options) {
    return set.migrate(proxy, options);
  }

  @Test
  void plans_as_the_guide_shows_and_does_nothing_without_apply() throws Exception {
    CommandLineResult planned = migrate();
    assertThat(planned.exitCode()).as(planned.output()).isZero();
    String shown =
        planned
            .output()
            .replace(volume, "pvc-55f35b33-cb66-454a-a0ce-ce896f4b564b")
            .replace(NAMESPACE + "/", "shop/")
            .replaceAll("\\b%s\\b".formatted(name), "db");
    assertThat(Files.readString(Path.of("docs/guides/migration.md"))).contains(shown);
    assertThat(proxy.writes()).isEmpty();
  }

  @Test
  void a_claim_is_moved_with_its_volume_and_there_is_nothing_left_to_do() {
    CommandLineResult moved = migrate("--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    set.assertMoved(EXCLUSIVE);
    assertThat(set.hasFirstClaim()).isFalse();
    assertThat(migrate("--apply").output()).contains("is already complete");
  }

  /** Some writes of a move; {@code MigrationOnClusterIT} kills at the others too. */
  private static List<Arguments> kills() {
    return Sample.ofThisRun()
        .of(
            "migration-it",
            List.of(
                Arguments.of(2, When.BEFORE),
                Arguments.of(4, When.AFTER),
                Arguments.of(5, When.BEFORE),
                Arguments.of(6, When.AFTER),
                Arguments.of(8, When.AFTER),
                Arguments.of(9, When.BEFORE)),
            KILLS);
  }

  @ParameterizedTest
  @MethodSource("kills")
  void resumes_or_rolls_back_after_a_kill_at_a_write(int write, When when) throws Exception {
    killedAt(write, when, false);
    makeSet();
    killedAt(write, when, true);
  }

  private void killedAt(int write, When when, boolean back) {
    proxy.killAt(when, write);
    CommandLineResult killed = migrate("--apply");
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    proxy.killAt(When.NEVER, 0);
    CommandLineResult again = back ? migrate("--apply", "--rollback") : migrate("--apply");
    assertThat(again.exitCode()).as(again.output()).isZero();
    set.assertMoved(back ? SHARED : EXCLUSIVE);
  }

  static List<Arguments> failures() {
    return Sample.ofThisRun()
        .of(
            "migration-failing",
            List.of(
                Arguments.of(1, When.FAILED),
                Arguments.of(4, When.FAILED),
                Arguments.of(1, When.CUT),
                Arguments.of(4, When.CUT)),
            1);
  }

  /** A workload at 0 replicas is not left there since the API server was restarted meanwhile. */
  @ParameterizedTest
  @MethodSource("failures")
  void an_api_server_that_fails_for_a_moment_ends_no_move(int write, When how) throws Exception {
    proxy.killAt(how, write);
    CompletableFuture<CommandLineResult> moving =
        CompletableFuture.supplyAsync(() -> migrate("--apply"));
    // the failed write itself and what was tried again
    ControlledCluster.await().until(() -> moving.isDone() || proxy.writes().size() >= write + 3);
    assertThat(moving).isNotDone();
    proxy.killAt(When.NEVER, 0);
    CommandLineResult moved = moving.get();
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    assertThat(moved.output()).contains("request to the API server failed");
    set.assertMoved(EXCLUSIVE);
  }

  @Test
  void resumes_the_rollback_after_it_was_interrupted() {
    proxy.killAt(When.AFTER, 6);
    assertThat(migrate("--apply").exitCode()).isEqualTo(137);
    proxy.killAt(When.AFTER, 2);
    assertThat(migrate("--apply", "--rollback").exitCode()).isEqualTo(137);
    proxy.killAt(When.NEVER, 0);
    CommandLineResult on = migrate("--apply");
    assertThat(on.output()).contains("Resuming the migration of claim ", "to ReadWriteOnce:");
    set.assertMoved(SHARED);
  }

  @Test
  void finishes_a_move_that_was_half_made_manually() throws Exception {
    cluster.kubectl(
        "patch pv " + volume + " -p {\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}");
    cluster.kubectl("scale statefulset " + name + " --replicas=0");
    ControlledCluster.await().until(() -> cluster.pods(name).isEmpty());
    cluster.kubectl("delete pvc data-" + name + "-0");
    ControlledCluster.await().until(() -> claim() == null);
    CommandLineResult finished = migrate("--apply");
    assertThat(finished.exitCode()).as(finished.output()).isZero();
    assertThat(finished.output())
        .contains("stays Retain, because the former policy is unknown")
        .contains("is at 0 replicas and stays there");
    assertThat(claim().getSpec().getAccessModes()).isEqualTo(EXCLUSIVE);
    assertThat(volume().getSpec().getClaimRef().getUid()).isEqualTo(claim().getMetadata().getUid());
    assertThat(volume().getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Retain");
  }

  /** The recipe without the step that changes the volume, as the rule half-migrated reports it. */
  @Test
  void a_claim_that_is_bound_keeps_its_volume_when_only_the_volume_lags_behind() throws Exception {
    assertThat(migrate("--apply").exitCode()).isZero();
    String uid = claim().getMetadata().getUid();
    cluster.kubectl("patch pv " + volume + " -p {\"spec\":{\"accessModes\":[\"ReadWriteOnce\"]}}");

    CommandLineResult finished = migrate("--apply");
    assertThat(finished.exitCode()).as(finished.output()).isZero();
    set.assertMoved(EXCLUSIVE);
    assertThat(claim().getMetadata().getUid()).isEqualTo(uid);
  }

  /** Earlier versions left the claim like this, and so does kubectl apply of an exported claim. */
  @Test
  void a_claim_that_is_lost_since_its_volume_forgot_it_gets_it_back() throws Exception {
    assertThat(migrate("--apply").exitCode()).isZero();
    String uid = claim().getMetadata().getUid();
    cluster.kubectl(
        "patch pv "
            + volume
            + " -p {\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"claimRef\":{\"uid\":null}}}");
    ControlledCluster.await().until(() -> claim().getStatus().getPhase().equals("Lost"));

    CommandLineResult finished = migrate("--apply");
    assertThat(finished.exitCode()).as(finished.output()).isZero();
    set.assertMoved(EXCLUSIVE);
    assertThat(claim().getMetadata().getUid()).isEqualTo(uid);
  }

  @Test
  void which_of_two_volumes_left_behind_is_meant_is_not_guessed() throws Exception {
    for (String left : List.of("first", "second")) {
      cluster.create(
          """
          apiVersion: v1
          kind: PersistentVolume
          metadata: {name: %1$s-left-behind}
          spec:
            accessModes: [ReadWriteOnce]
            capacity: {storage: 1Gi}
            persistentVolumeReclaimPolicy: Retain
            csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s}
            claimRef: {namespace: migration, name: gone, uid: %1$s}
          """
              .formatted(left));
    }
    CommandLineResult refused = proxy.run("migrate", "migration/gone", "--apply");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.output()).contains("first-left-behind, second-left-behind");
    assertThat(proxy.writes()).isEmpty();
  }

  @Test
  void reports_all_failed_preflight_checks_at_once_and_does_nothing() throws Exception {
    cluster.create(
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: %1$s, namespace: migration}
        spec:
          minReplicas: 0
          maxReplicas: 1
          scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: %1$s}
          metrics: [{type: External, external: {metric: {name: q}, target: {type: Value, value: 1}}}]
        """
            .formatted(name));
    cluster.kubectl("label statefulset " + name + " kustomize.toolkit.fluxcd.io/name=db");
    client
        .persistentVolumeClaims()
        .inNamespace(NAMESPACE)
        .withName("data-" + name + "-0")
        .edit(
            claim -> {
              claim.getMetadata().getFinalizers().add("example.org/backup");
              return claim;
            });
    CommandLineResult refused = migrate("--apply");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.output())
        .contains("HorizontalPodAutoscaler " + name)
        .contains("pass --gitops-is-paused")
        .contains("finalizer example.org/backup");
    assertThat(proxy.writes()).isEmpty();
    client
        .persistentVolumeClaims()
        .inNamespace(NAMESPACE)
        .withName("data-" + name + "-0")
        .edit(
            claim -> {
              claim.getMetadata().getFinalizers().remove("example.org/backup");
              return claim;
            });
  }

  @Test
  void does_not_move_a_claim_of_a_known_driver_whose_sidecar_is_too_old() throws Exception {
    cluster.create(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: csi-controller, namespace: migration}
        spec: {containers: [{name: provisioner, image: "csi-provisioner:v2.2.2"}]}
        """);
    try {
      CommandLineResult refused = migrate("--apply");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.output())
          .contains(
              "Pod migration/csi-controller runs csi-provisioner v2.2.2, but ReadWriteOncePod needs v3")
          .contains("pass --assume-capable");
      assertThat(proxy.writes()).isEmpty();
      assertThat(migrate("--assume-capable").exitCode()).isZero();
    } finally {
      // other classes on this API server migrate claims of that driver too
      client.pods().inNamespace(NAMESPACE).withName("csi-controller").withGracePeriod(0).delete();
    }
  }

  @Test
  void a_driver_that_is_not_known_has_to_be_vouched_for() throws Exception {
    cluster.createClaim("loose", "ReadWriteOnce");
    ControlledCluster.await()
        .until(
            () ->
                "Bound"
                    .equals(
                        client
                            .persistentVolumeClaims()
                            .inNamespace(NAMESPACE)
                            .withName("loose")
                            .get()
                            .getStatus()
                            .getPhase()));
    String kubeconfig = proxy.kubeconfig().toString();
    String[] command = {"migrate", "migration/loose", "--apply", "--kubeconfig", kubeconfig};
    CommandLineResult refused = CommandLineResult.of(Path.of("nowhere"), "", command);
    assertThat(refused.output()).contains("pass --assume-capable");
    List<String> vouched = new ArrayList<>(List.of(command));
    vouched.add("--assume-capable");
    CommandLineResult moved =
        CommandLineResult.of(Path.of("nowhere"), "", vouched.toArray(String[]::new));
    assertThat(moved.exitCode()).as(moved.output()).isZero();
  }

  @Test
  void refuses_a_volume_whose_object_is_in_tree_by_the_name_of_its_driver() throws Exception {
    cluster.create(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: migration-in-tree}
        spec:
          accessModes: [ReadWriteOnce]
          capacity: {storage: 1Gi}
          awsElasticBlockStore: {volumeID: vol-0123456789abcdef0}
          claimRef: {namespace: migration, name: in-tree}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: in-tree, namespace: migration}
        spec:
          accessModes: [ReadWriteOnce]
          storageClassName: ""
          volumeName: migration-in-tree
          resources: {requests: {storage: 1Gi}}
        """);
    CommandLineResult refused = proxy.run("migrate", "migration/in-tree", "--assume-capable");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .isEqualTo(
            "rwop-guard: volume migration-in-tree is served by ebs.csi.aws.com, but its object is in-tree (awsElasticBlockStore). Recreate the PersistentVolume with a csi source first, as docs/guides/migration.md describes.\n");
  }

  @Test
  void says_what_is_no_claim() {
    CommandLineResult refused =
        CommandLineResult.of(ApiServer.running().kubeconfig(), "", "migrate", "migration/nothing");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.output()).contains("claim migration/nothing does not exist");
  }
}
