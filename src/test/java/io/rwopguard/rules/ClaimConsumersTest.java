package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which other consumers of a claim a finding names, and where Pods can share it. */
class ClaimConsumersTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");
  private static final ObjectFacts WEB =
      Manifests.facts(
          Manifests.parse(
              """
              apiVersion: apps/v1
              kind: Deployment
              metadata: {name: web}
              spec:
                template:
                  spec:
                    containers: [{name: web}]
                    volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
              """));

  private static final ClaimConsumer WEB_ITSELF = workload(Kind.DEPLOYMENT, "web", null);
  private static final ClaimConsumer WEB_SET =
      workload(Kind.REPLICA_SET, "web-1", owner(Kind.DEPLOYMENT, "web"));
  private static final ClaimConsumer BACKUP = workload(Kind.CRON_JOB, "backup", null);
  private static final ClaimConsumer BACKUP_JOB =
      workload(Kind.JOB, "backup-1", owner(Kind.CRON_JOB, "backup"));

  private static Controller owner(Kind kind, String name) {
    return new Controller(Optional.of(kind), kind.kindName(), name);
  }

  private static ClaimConsumer workload(Kind kind, String name, Controller owner) {
    return consumer(kind, name, owner, true);
  }

  private static ClaimConsumer consumer(Kind kind, String name, Controller owner, boolean active) {
    return new ClaimConsumer(
        new ObjectKey(kind, "shop", name), Optional.ofNullable(owner), Set.of(CLAIM), active);
  }

  private static ClaimConsumer pod(String name, Controller owner, String node) {
    return at(node, workload(Kind.POD, name, owner));
  }

  private static ClaimConsumer at(String node, ClaimConsumer pod) {
    return pod.at(new PodStatus("uid", node, false, false, true, false, "10.1.0.1"));
  }

  private static ClaimConsumer webPod(String name, String node) {
    return pod(name, owner(Kind.REPLICA_SET, "web-1"), node);
  }

  private static ClaimConsumer backupPod(String name, String node) {
    return pod(name, owner(Kind.JOB, "backup-1"), node);
  }

  private static List<String> others(ClaimConsumer... users) {
    return ClaimConsumers.otherThan(WEB, CLAIM, new RunningInventory(users));
  }

  /** Returns the consumers that make a Pod of the Deployment wait, besides all workloads. */
  private static List<String> apart(ClaimConsumer... pods) {
    ClaimConsumer[] users = new ClaimConsumer[pods.length + 4];
    System.arraycopy(pods, 0, users, 4, pods.length);
    users[0] = WEB_ITSELF;
    users[1] = WEB_SET;
    users[2] = BACKUP;
    users[3] = BACKUP_JOB;
    return ClaimConsumers.onOtherNodesThan(WEB, CLAIM, new RunningInventory(users));
  }

  @Test
  void pods_on_one_node_share_a_claim() {
    assertThat(apart(webPod("web-1-a", "n1"), backupPod("backup-1-a", "n1"))).isEmpty();
    assertThat(
            apart(
                webPod("web-1-a", "n1"),
                webPod("web-1-b", "n1"),
                backupPod("backup-1-a", "n1"),
                backupPod("backup-1-b", "n1")))
        .isEmpty();
  }

  @Test
  void a_pod_on_another_node_makes_pods_wait() {
    assertThat(apart(webPod("web-1-a", "n1"), backupPod("backup-1-a", "n2")))
        .containsExactly("CronJob backup");
  }

  @Test
  void pods_of_the_object_or_of_another_on_several_nodes_make_pods_wait() {
    assertThat(
            apart(webPod("web-1-a", "n1"), webPod("web-1-b", "n2"), backupPod("backup-1-a", "n1")))
        .containsExactly("CronJob backup");
    assertThat(
            apart(
                webPod("web-1-a", "n1"),
                backupPod("backup-1-a", "n1"),
                backupPod("backup-1-b", "n2")))
        .containsExactly("CronJob backup");
    assertThat(
            apart(
                webPod("web-1-a", "n1"),
                webPod("web-1-b", "n2"),
                backupPod("backup-1-a", "n1"),
                backupPod("backup-1-b", "n2")))
        .containsExactly("CronJob backup");
  }

  @Test
  void a_pod_that_is_not_scheduled_yet_may_start_on_another_node() {
    ClaimConsumer unscheduled = workload(Kind.POD, "backup-1-b", owner(Kind.JOB, "backup-1"));
    assertThat(apart(webPod("web-1-a", "n1"), backupPod("backup-1-a", "n1"), unscheduled))
        .containsExactly("CronJob backup");
  }

  @Test
  void a_pod_that_has_ended_does_not_count() {
    ClaimConsumer ended =
        at("n2", consumer(Kind.POD, "backup-1-b", owner(Kind.JOB, "backup-1"), false));
    assertThat(apart(webPod("web-1-a", "n1"), backupPod("backup-1-a", "n1"), ended)).isEmpty();
  }

  @Test
  void an_object_or_another_consumer_without_pods_may_start_them_on_another_node() {
    assertThat(apart(backupPod("backup-1-a", "n1"))).containsExactly("CronJob backup");
    assertThat(apart(webPod("web-1-a", "n1"))).containsExactly("CronJob backup");
  }

  @Test
  void what_has_ended_is_no_consumer() {
    assertThat(others(consumer(Kind.JOB, "first", null, false))).isEmpty();
    assertThat(others(consumer(Kind.JOB, "first", null, true))).containsExactly("Job first");
  }

  /** A watch of Pods may be ahead of the watch of their owners. */
  @Test
  void the_owner_of_a_replica_set_or_job_that_is_not_known_is_guessed_from_its_name() {
    assertThat(others(pod("web-2-x", owner(Kind.REPLICA_SET, "web-2"), "n1")))
        .as("its own Pod")
        .isEmpty();
    assertThat(
            others(
                pod("api-v2-5d4f-x", owner(Kind.REPLICA_SET, "api-v2-5d4f"), "n1"),
                pod("backup-2890-x", owner(Kind.JOB, "backup-2890"), "n1")))
        .containsExactly("CronJob backup", "Deployment api-v2");
  }

  @Test
  void no_other_owner_is_guessed() {
    assertThat(
            others(
                pod("db-a-0", owner(Kind.STATEFUL_SET, "db-a"), "n1"),
                pod("agent-x-y", owner(Kind.DAEMON_SET, "agent-x"), "n1"),
                pod("single-x", owner(Kind.REPLICA_SET, "single"), "n1"),
                pod("once-x", owner(Kind.JOB, "once"), "n1")))
        .containsExactly("DaemonSet agent-x", "Job once", "ReplicaSet single", "StatefulSet db-a");
  }

  @Test
  void the_known_owner_counts_and_not_the_name() {
    ClaimConsumer alone = workload(Kind.REPLICA_SET, "db-5d4f", null);
    assertThat(others(alone, pod("db-5d4f-x", owner(Kind.REPLICA_SET, "db-5d4f"), "n1")))
        .containsExactly("ReplicaSet db-5d4f");
  }

  @Test
  void an_owner_that_creates_no_such_object_is_not_believed() {
    assertThat(others(pod("a", owner(Kind.DEPLOYMENT, "web"), "n1"))).containsExactly("Pod a");
  }

  @Test
  void up_to_three_consumers_are_named_and_two_of_more() {
    assertThat(ClaimConsumers.listed(List.of("Pod a"))).isEqualTo("Pod a");
    assertThat(ClaimConsumers.listed(List.of("Pod a", "Pod b"))).isEqualTo("Pod a, Pod b");
    assertThat(ClaimConsumers.listed(List.of("Pod a", "Pod b", "Pod c")))
        .isEqualTo("Pod a, Pod b, Pod c");
    assertThat(ClaimConsumers.listed(List.of("Pod a", "Pod b", "Pod c", "Pod d")))
        .isEqualTo("Pod a, Pod b and 2 more");
    assertThat(ClaimConsumers.listed(List.of("Pod a", "Pod b", "Pod c", "Pod d", "Pod e")))
        .isEqualTo("Pod a, Pod b and 3 more");
  }
}
