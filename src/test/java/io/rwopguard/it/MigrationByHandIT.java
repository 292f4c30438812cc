package io.rwopguard.it;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the lines that {@code migrate} prints for those who move a claim manually or write it in
 * git. The workload is a StatefulSet of two, whose claims are moved together.
 */
@OnSecondApiServer
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationByHandIT {

  private static final String NAMESPACE = "by-hand";
  private static final List<Integer> BOTH = List.of(0, 1);

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %1$s-%2$s-%3$d}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s-%2$s-%3$d}
        claimRef: {namespace: %1$s, name: data-%2$s-%3$d}
      ---
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %2$s, namespace: %1$s, labels: {team: storage}}
      spec:
        replicas: 2
        serviceName: %2$s
        podManagementPolicy: Parallel
        selector: {matchLabels: {app: %2$s}}
        template:
          metadata: {labels: {app: %2$s}}
          spec:
            containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumeClaimTemplates:
          - metadata: {name: data, labels: {kept: "yes"}}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              resources: {requests: {storage: 1Gi}}
      """;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private int number;

  private String name;
  private List<String> first;

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
  void makeSet() throws Exception {
    number++;
    name = "db" + number;
    proxy.killAt(KillingProxy.When.NEVER, 0);
    cluster.create(manifests());
    awaitPods();
    first = BOTH.stream().map(i -> claim(i).getMetadata().getUid()).toList();
  }

  /** A fleet would report a move that is left, and a claim that is left would take any volume. */
  @AfterEach
  void removeSet() throws Exception {
    cluster.kubectl("delete statefulset --ignore-not-found " + name);
    cluster.kubectl(
        "delete pvc --ignore-not-found --wait=false data-%1$s-0 data-%1$s-1".formatted(name));
    cluster.kubectl(
        "delete pv --ignore-not-found --wait=false %s %s".formatted(volumeName(0), volumeName(1)));
  }

  private String manifests() {
    return VOLUME.formatted(NAMESPACE, name, 0)
        + VOLUME.formatted(NAMESPACE, name, 1)
        + SET.formatted(NAMESPACE, name);
  }

  private void awaitPods() {
    ControlledCluster.await()
        .until(() -> cluster.pods(name).stream().filter(Readiness::isPodReady).count() == 2);
  }

  private PersistentVolumeClaim claim(int member) {
    var claims = client.persistentVolumeClaims().inNamespace(NAMESPACE);
    return claims.withName("data-%s-%d".formatted(name, member)).get();
  }

  private String volumeName(int member) {
    return "%s-%s-%d".formatted(NAMESPACE, name, member);
  }

  private PersistentVolume volume(int member) {
    return client.persistentVolumes().withName(volumeName(member)).get();
  }

  private StatefulSet set() {
    return client.apps().statefulSets().inNamespace(NAMESPACE).withName(name).get();
  }

  private String claimName(int member) {
    return "%s/data-%s-%d".formatted(NAMESPACE, name, member);
  }

  private CommandLineResult migrate(int member, String option) {
    return proxy.run("migrate", claimName(member), option);
  }

  /** Returns the output of a command that only reads. */
  private String printed(int member, String option) {
    CommandLineResult shown = migrate(member, option);
    assertThat(shown.exitCode()).as(shown.output()).isZero();
    assertThat(proxy.writes()).isEmpty();
    return shown.output();
  }

  private KubectlResult run(String script, Path folder) throws Exception {
    return cluster.shell("cd '" + folder + "'\n" + script);
  }

  /** Returns what lines say that fail. */
  private String stopped(String script, Path folder) throws Exception {
    KubectlResult stopped = run(script, folder);
    assertThat(stopped.exitCode()).as(stopped.output()).isNotZero();
    return stopped.output();
  }

  private void assertMoved(int member, String policy) {
    PersistentVolumeClaim claim = claim(member);
    assertThat(claim.getMetadata().getUid()).isNotEqualTo(first.get(member));
    assertThat(claim.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    assertThat(claim.getSpec().getVolumeName()).isEqualTo(volumeName(member));
    PersistentVolume volume = volume(member);
    assertThat(volume.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    assertThat(volume.getSpec().getClaimRef().getUid()).isEqualTo(claim.getMetadata().getUid());
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo(policy);
    assertThat(volume.getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
  }

  private void assertSet(int replicas) {
    StatefulSet set = set();
    assertThat(set.getMetadata().getLabels()).containsOnlyKeys("team");
    assertThat(set.getSpec().getReplicas()).isEqualTo(replicas);
    assertThat(set.getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
        .containsExactly("ReadWriteOncePod");
  }

  @Test
  void the_lines_that_are_printed_move_both_claims_of_a_set(@TempDir Path folder) throws Exception {
    String set = set().getMetadata().getUid();
    String script = printed(0, "--show-kubectl");
    KubectlResult done = run(script, folder);
    assertThat(done.exitCode()).as(script + done.output()).isZero();
    for (int member : BOTH) {
      assertMoved(member, "Delete");
      assertThat(claim(member).getMetadata().getLabels())
          .containsEntry("kept", "yes")
          .doesNotContainKey("rwop-guard.io/migration-run");
    }
    assertSet(2);
    assertThat(set().getMetadata().getUid()).isNotEqualTo(set);
    awaitPods();
    assertThat(script)
        .contains(
            "\"propagationPolicy\":\"Orphan\",\"preconditions\":{\"uid\":\"%s\",\"resourceVersion\":"
                .formatted(set))
        .contains("Before: StatefulSet %s has 2 replicas".formatted(name))
        .contains(": 'Note: StatefulSet %s is recreated".formatted(name));
    // a user who is interrupted has what is deleted
    for (String copy :
        List.of(
            "pvc-data-%s-0".formatted(name),
            "pvc-data-%s-1".formatted(name),
            "statefulset-" + name)) {
      assertThat(folder.resolve("%s-%s.before.yaml".formatted(NAMESPACE, copy)))
          .content()
          .contains("- ReadWriteOnce\n");
    }
    // an interactive zsh takes none
    assertThat(script.lines()).noneMatch(line -> line.startsWith("#") || line.contains(" # "));
    assertThat(migrate(0, "--apply").output()).contains("is already complete");
    assertThat(proxy.writes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void the_lines_stop_before_they_delete_a_claim_whose_volume_would_go_with_it(
      int member, @TempDir Path folder) throws Exception {
    List<String> lines = printed(0, "--show-kubectl").lines().toList();
    List<String> without =
        lines.stream()
            .filter(
                line ->
                    !(line.startsWith("kubectl patch pv " + volumeName(member))
                        && line.contains("Retain")))
            .toList();
    assertThat(without).hasSize(lines.size() - 1);
    stopped(String.join("\n", without), folder);
    assertThat(claim(member).getMetadata().getUid()).isEqualTo(first.get(member));
    assertThat(claim(member).getMetadata().getDeletionTimestamp()).isNull();
    assertThat(volume(member).getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    assertThat(claim(0).getMetadata().getUid().equals(first.get(0))).isEqualTo(member == 0);
    CommandLineResult finished = migrate(0, "--apply");
    assertThat(finished.exitCode()).as(finished.output()).isZero();
    assertMoved(member, "Delete");
    assertMoved(1 - member, "Retain");
    assertSet(0);
  }

  /** Adds a line before a step: what another user does at that time. */
  private static String with(String script, String line, String step) {
    int at = script.indexOf(": '" + step);
    assertThat(at).as(script).isPositive();
    return script.substring(0, at) + line + "\n" + script.substring(at);
  }

  private void assertUntouched() {
    for (int member : BOTH) {
      assertThat(claim(member).getMetadata().getUid()).isEqualTo(first.get(member));
      assertThat(claim(member).getMetadata().getDeletionTimestamp()).isNull();
    }
  }

  /** Another user or an autoscaler scales it up while its Pods are waited for. */
  @Test
  void no_claim_is_deleted_of_a_workload_that_is_started_meanwhile(@TempDir Path folder)
      throws Exception {
    String script =
        with(
            printed(0, "--show-kubectl"),
            "kubectl -n %s scale statefulset/%s --replicas=2".formatted(NAMESPACE, name),
            "delete claim");
    assertThat(stopped(script, folder))
        .contains("stopped at: delete claim " + claimName(0), "Print these lines again");
    assertUntouched();
    assertThat(set().getSpec().getReplicas()).isEqualTo(2);
  }

  /** A Pod that no workload of the plan has made. */
  @Test
  void no_claim_is_deleted_that_another_pod_uses_by_then(@TempDir Path folder) throws Exception {
    String pod =
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"debug-%1$s\",\"namespace\":\"%2$s\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"c\"}],\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"data-%1$s-0\"}}]}}"
            .formatted(name, NAMESPACE);
    String script =
        with(
            printed(0, "--show-kubectl"),
            "echo '%s' | kubectl create -f -".formatted(pod),
            "delete claim");
    assertThat(stopped(script, folder)).contains("stopped at: delete claim " + claimName(0));
    cluster.kubectl("delete pod --force debug-" + name);
    assertUntouched();
  }

  /** The new StatefulSet is made of what was printed, and would take a deployment back. */
  @Test
  void no_set_is_deleted_that_was_deployed_meanwhile(@TempDir Path folder) throws Exception {
    String uid = set().getMetadata().getUid();
    String script =
        with(
            printed(0, "--show-kubectl"),
            "kubectl -n %s set env statefulset/%s A=b".formatted(NAMESPACE, name),
            "delete StatefulSet");
    assertThat(stopped(script, folder))
        .contains("stopped at: delete StatefulSet " + name, "The claims are migrated", "orphan");
    assertThat(set().getMetadata().getUid()).isEqualTo(uid);
    assertThat(set().getMetadata().getDeletionTimestamp()).isNull();
    CommandLineResult finished = migrate(0, "--apply");
    assertThat(finished.exitCode()).as(finished.output()).isZero();
    assertThat(set().getSpec().getTemplate().getSpec().getContainers().get(0).getEnv())
        .singleElement()
        .satisfies(each -> assertThat(each.getValue()).isEqualTo("b"));
  }

  /** The rest that is pasted after a stop has neither the subshell nor the tests before it. */
  @Test
  void a_part_of_the_lines_deletes_nothing_either(@TempDir Path folder) throws Exception {
    String script = printed(0, "--show-kubectl");
    String rest = script.substring(script.indexOf(": 'delete claim"), script.lastIndexOf(')'));
    String quickly = rest.replaceAll("--timeout=5m", "--timeout=1s");
    KubectlResult ran = run(quickly, folder);
    assertThat(ran.output()).contains("stopped at: delete claim " + claimName(0));
    assertUntouched();
    for (int member : BOTH) {
      assertThat(volume(member).getSpec().getAccessModes()).containsExactly("ReadWriteOnce");
    }
    assertThat(set().getSpec().getReplicas()).isEqualTo(2);
  }

  /** The other claim is moved already, and asking for that one would find nothing to do. */
  @Test
  void lines_that_stop_between_two_claims_say_which_to_print_again(@TempDir Path folder)
      throws Exception {
    String script =
        with(
            printed(0, "--show-kubectl"),
            "kubectl() { return 1; }",
            "set the access modes of volume " + volumeName(1));
    assertThat(stopped(script, folder))
        .contains("Print these lines again for claim " + claimName(1));
    KubectlResult done = run(printed(1, "--show-kubectl"), folder);
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertMoved(0, "Retain");
    assertMoved(1, "Retain");
    assertSet(0);
  }

  /** Printed again, there would be nothing left to do, with the workload at 0 replicas. */
  @Test
  void lines_that_stop_once_the_claims_are_there_are_continued(@TempDir Path folder)
      throws Exception {
    String script = printed(0, "--show-kubectl");
    String step = "wait until claim %s is bound".formatted(claimName(1));
    assertThat(stopped(with(script, "kubectl() { return 1; }", step), folder))
        .contains(
            "paste the lines before the first kubectl again, and then the lines from this step to the end");
    String first =
        script.lines().takeWhile(line -> !line.contains("kubectl")).collect(joining("\n"));
    KubectlResult done = run(first + "\n" + script.substring(script.indexOf(": '" + step)), folder);
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertMoved(0, "Delete");
    assertMoved(1, "Delete");
    assertSet(2);
  }

  /** By then Pods of the other claim may write to it. */
  @Test
  void no_volume_is_released_that_was_given_to_another_claim(@TempDir Path folder)
      throws Exception {
    String script =
        with(
            printed(0, "--show-kubectl"),
            "kubectl patch pv %s --type=merge -p '{\"spec\":{\"claimRef\":{\"name\":\"other\",\"uid\":null}}}'"
                .formatted(volumeName(0)),
            "set the access modes of volume " + volumeName(0));
    assertThat(stopped(script, folder))
        .contains("stopped at: set the access modes of volume " + volumeName(0));
    assertThat(volume(0).getSpec().getAccessModes()).containsExactly("ReadWriteOnce");
    assertThat(volume(0).getSpec().getClaimRef().getName()).isEqualTo("other");
  }

  private void deleteClaims() throws Exception {
    cluster.kubectl("scale statefulset %s --replicas=0".formatted(name));
    ControlledCluster.await().until(() -> cluster.pods(name).isEmpty());
    cluster.kubectl("delete pvc data-%1$s-0 data-%1$s-1".formatted(name));
  }

  /** The claims are deleted between the printing and the pasting. */
  @Test
  void the_lines_stop_where_a_claim_is_not_there_any_more(@TempDir Path folder) throws Exception {
    // up to the scale to the former number, which comes after all claims are bound
    proxy.holdAtWrite("PATCH .*/statefulsets/.*/spec/replicas\",\"value\":2.*");
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> proxy.run("migrate", claimName(0), "--apply"));
    assertThat(proxy.awaitHeld(running)).isTrue();
    proxy.killAt(KillingProxy.When.BEFORE, 1);
    proxy.release();
    running.get();
    proxy.killAt(KillingProxy.When.NEVER, 0);
    String script = migrate(0, "--show-kubectl").output();
    assertThat(script).contains("ReclaimPolicy\":\"Delete");
    for (int member : BOTH) {
      assertThat(volume(member).getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Retain");
    }
    deleteClaims();
    stopped(script, folder);
    for (int member : BOTH) {
      assertThat(claim(member)).isNull();
      assertThat(volume(member).getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Retain");
      assertThat(volume(member).getMetadata().getAnnotations())
          .containsKey("rwop-guard.io/migration");
    }
    assertThat(set().getSpec().getReplicas()).isZero();
  }

  /** A claim of the same name may be on another volume by then, which would go with it. */
  @Test
  void the_lines_stop_where_a_claim_is_another_one(@TempDir Path folder) throws Exception {
    String script = printed(0, "--show-kubectl");
    for (int member : BOTH) {
      cluster.kubectl(
          "patch pv %s -p {\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}"
              .formatted(volumeName(member)));
    }
    deleteClaims();
    cluster.create(
        VOLUME.formatted(NAMESPACE, name, 0).replace(volumeName(0), volumeName(0) + "-new"));
    cluster.kubectl("scale statefulset %s --replicas=2".formatted(name));
    ControlledCluster.await()
        .until(() -> claim(0) != null && "Bound".equals(claim(0).getStatus().getPhase()));
    String another = claim(0).getMetadata().getUid();
    assertThat(stopped(script, folder)).contains("Print these lines again");
    assertThat(claim(0).getMetadata().getUid()).isEqualTo(another);
    assertThat(claim(0).getMetadata().getDeletionTimestamp()).isNull();
    assertThat(set().getSpec().getReplicas()).isEqualTo(2);
  }

  @Test
  void nothing_is_deleted_of_which_no_copy_could_be_saved(@TempDir Path folder) throws Exception {
    Files.createDirectory(
        folder.resolve("%s-pvc-data-%s-0.before.yaml.new".formatted(NAMESPACE, name)));
    stopped(printed(0, "--show-kubectl"), folder);
    assertUntouched();
    assertThat(set().getMetadata().getDeletionTimestamp()).isNull();
  }

  /** The usual recipe starts like this. */
  @Test
  void the_lines_finish_a_move_in_which_one_claim_was_deleted_before(@TempDir Path folder)
      throws Exception {
    cluster.kubectl(
        "patch pv %s -p {\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}"
            .formatted(volumeName(1)));
    cluster.kubectl("scale statefulset %s --replicas=0".formatted(name));
    ControlledCluster.await().until(() -> cluster.pods(name).isEmpty());
    cluster.kubectl("delete pvc data-%s-1".formatted(name));
    KubectlResult done = run(printed(1, "--show-kubectl"), folder);
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertMoved(0, "Delete");
    assertMoved(1, "Retain");
    assertSet(0);
  }

  @Test
  void the_patch_for_git_is_built_by_kubectl_and_writes_nothing(@TempDir Path folder)
      throws Exception {
    String patch = printed(0, "--git-patch");
    Files.writeString(folder.resolve("all.yaml"), manifests());
    Files.writeString(folder.resolve("kustomization.yaml"), patch + "resources: [all.yaml]\n");
    String built = cluster.kubectl("kustomize " + folder);
    // the template of the set and both volumes; claims of a template are not in git
    assertThat(built.split("- ReadWriteOncePod\n", -1)).hasSize(4);
    assertThat(built).doesNotContain("- ReadWriteOnce\n");
    assertThat(built.substring(built.indexOf("volumeClaimTemplates")))
        .contains("- ReadWriteOncePod");
    assertThat(set().getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
        .containsExactly("ReadWriteOnce");
  }
}
