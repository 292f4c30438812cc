package io.rwopguard.it;

import static io.rwopguard.testing.migration.RefusalManifests.AUTOSCALER;
import static io.rwopguard.testing.migration.RefusalManifests.CONSUMERS;
import static io.rwopguard.testing.migration.RefusalManifests.REVISION;
import static io.rwopguard.testing.migration.RefusalManifests.SET;
import static io.rwopguard.testing.migration.RefusalManifests.USES;
import static io.rwopguard.testing.migration.RefusalManifests.VOLUME;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.controllers.ForeignKinds;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Checks what a move does not start, beside real controllers and the kinds of some operators. */
@OnSecondApiServer
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationRefusalsIT {

  private static final String NAMESPACE = "refusals";

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private ForeignKinds kinds;
  private int number;

  private String name;
  private String claim;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
    kinds = new ForeignKinds(cluster);
  }

  @AfterAll
  void stop() throws Exception {
    if (proxy != null) {
      proxy.close();
    }
    if (kinds != null) {
      kinds.remove();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void makeSet() throws Exception {
    number++;
    name = "db" + number;
    claim = "data-" + name + "-0";
    proxy.killAt(When.NEVER, 0);
    cluster.create(VOLUME.formatted(name, claim));
    cluster.create(SET.formatted(name));
    cluster.pod(name);
  }

  @AfterEach
  void removeSet() throws Exception {
    cluster.kubectl("delete --ignore-not-found statefulset " + name);
  }

  private CommandLineResult migrate(String... options) {
    return migrate(List.of(options), claim);
  }

  private CommandLineResult migrate(List<String> options, String claim) {
    List<String> command = new ArrayList<>(List.of("migrate", NAMESPACE + "/" + claim));
    command.addAll(options);
    return proxy.run(command.toArray(String[]::new));
  }

  private String refusal(CommandLineResult result) {
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(proxy.writes()).isEmpty();
    return result.output();
  }

  private static String plan(CommandLineResult result) {
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  private PersistentVolumeClaim claim() {
    return client.persistentVolumeClaims().inNamespace(NAMESPACE).withName(claim).get();
  }

  @Test
  void all_that_is_found_is_said_at_once_and_each_remediation_helps() throws Exception {
    cluster.create(
        CONSUMERS.formatted(
            USES.formatted("Never", claim), USES.formatted("Always", claim), name, claim));
    String output = refusal(migrate("--apply"));
    assertThat(output)
        .contains(
            "CronJob backup uses claim refusals/%s beside StatefulSet %s".formatted(claim, name))
        .contains("Pod %s-1 uses claim".formatted(name))
        .doesNotContain("Pod %s-0".formatted(name))
        .contains("ScaledObject queue (KEDA) would scale StatefulSet " + name)
        .contains("VolumeSnapshot nightly of claim refusals/" + claim + " is not ready")
        .doesNotContain("unstable version");
    cluster.kubectl("delete cronjob backup");
    cluster.kubectl("delete --grace-period=0 --force pod " + name + "-1");
    String command = output.substring(output.indexOf("kubectl annotate")).lines().toList().get(0);
    cluster.kubectl(command.substring("kubectl ".length()));
    cluster.kubectl(
        "patch volumesnapshot nightly --subresource=status --type=merge -p {\"status\":{\"readyToUse\":true}}");
    assertThat(plan(migrate())).contains("ScaledObject queue (KEDA)").contains("is paused");
  }

  @Test
  void a_rollout_is_named_whatever_revisions_it_has_and_moved_at_0() throws Exception {
    cluster.create(VOLUME.formatted("wiki", "wiki"));
    cluster.create(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: wiki}
        spec: {accessModes: [ReadWriteOnce], storageClassName: "", resources: {requests: {storage: 1Gi}}}
        """);
    cluster.create(
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: wiki}, spec: {}}");
    String uid = cluster.kubectl("get rollout wiki -o jsonpath={.metadata.uid}").strip();
    for (String revision : List.of("wiki-1 0", "wiki-2 1")) {
      String[] words = revision.split(" ", -1);
      cluster.create(REVISION.formatted(words[0], words[1], uid, USES.formatted("Always", "wiki")));
    }
    cluster.pod("wiki-2");
    assertThat(refusal(migrate(List.of("--apply"), "wiki")))
        .contains("ReplicaSet wiki-2 is managed by Rollout wiki")
        .contains("Scale Rollout wiki to 0")
        .doesNotContain("wiki-1");
    cluster.kubectl("scale rs wiki-2 --replicas=0");
    ControlledCluster.await().until(() -> cluster.pods("wiki-2").isEmpty());
    assertThat(refusal(migrate(List.of("--apply"), "wiki"))).contains("pass --operator-is-stopped");
    plan(migrate(List.of("--apply", "--operator-is-stopped"), "wiki"));
    assertThat(cluster.kubectl("get pvc wiki -o jsonpath={.spec.accessModes[0]}{.status.phase}"))
        .contains("ReadWriteOncePodBound");
  }

  /** The set has the instance label, which kubectl wrote. */
  @Test
  void argo_cd_is_known_by_what_it_wrote_and_a_label_alone_is_noted() throws Exception {
    assertThat(plan(migrate()))
        .contains("StatefulSet " + name + " has label app.kubernetes.io/instance: shop");
    cluster.attempt(
        SET.formatted(name),
        "apply --server-side --force-conflicts --field-manager=argocd-controller -f -");
    assertThat(refusal(migrate("--apply")))
        .contains("is marked as managed by Argo CD (field manager argocd-controller)");
    assertThat(plan(migrate("--gitops-is-paused"))).contains("Write the new access mode to git");
  }

  /** Once whole, beside an autoscaler that real controllers run; once with the claim taken away. */
  @Test
  void a_claim_that_got_another_volume_during_a_move_is_never_deleted() throws Exception {
    createAutoscaler();
    CommandLineResult moved = migrate("--apply");
    assertThat(plan(moved)).contains("HorizontalPodAutoscaler " + name + " ignores ");
    int deletion = 1;
    for (String write : proxy.writes()) {
      if (write.startsWith("DELETE") && write.contains("/persistentvolumeclaims/")) {
        break;
      }
      deletion++;
    }
    removeSet();
    makeSet();
    proxy.killAt(When.AFTER, deletion);
    assertThat(migrate("--apply").exitCode()).isEqualTo(137);
    ControlledCluster.await().until(() -> claim() == null);
    cluster.create(VOLUME.formatted(name + "-new", claim));
    cluster.create(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s}
        spec: {accessModes: [ReadWriteOnce], storageClassName: "", volumeName: refusals-%s-new, resources: {requests: {storage: 1Gi}}}
        """
            .formatted(claim, name));
    ControlledCluster.await().until(() -> claim().getStatus().getPhase().equals("Bound"));
    proxy.killAt(When.NEVER, 0);
    assertThat(refusal(migrate("--apply")))
        .contains(
            "is bound to volume refusals-%1$s-new, but the migration is for volume refusals-%1$s."
                .formatted(name));
    cluster.kubectl(
        "patch pv refusals-%s-new -p {\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}"
            .formatted(name));
    cluster.kubectl("delete pvc " + claim);
    plan(migrate("--apply"));
    assertThat(claim().getSpec().getVolumeName()).isEqualTo("refusals-" + name);
    assertThat(claim().getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
  }

  private void createAutoscaler() throws Exception {
    cluster.create(AUTOSCALER.formatted(name));
  }

  @Test
  void a_real_autoscaler_leaves_a_set_at_0_alone() throws Exception {
    cluster.kubectl("scale statefulset " + name + " --replicas=0");
    createAutoscaler();
    String reasons = "get hpa " + name + " -o jsonpath={.status.conditions[*].reason}";
    ControlledCluster.await().until(() -> cluster.kubectl(reasons).contains("ScalingDisabled"));
    assertThat(cluster.kubectl("get statefulset " + name + " -o jsonpath={.spec.replicas}"))
        .isEqualTo("0");
  }
}
