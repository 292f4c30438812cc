package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static io.rwopguard.migration.checks.WrittenCluster.uses;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConsumerChecksTest {

  private static List<String> problems(String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    return ConsumerChecks.problems(cluster.unit(), cluster.around());
  }

  private static String workload(String kind, String name, String more, String claim) {
    String group = kind.endsWith("Job") ? "batch/v1" : "apps/v1";
    String template =
        kind.equals("CronJob")
            ? "{jobTemplate: {spec: {template: {spec: %s}}}%s}"
            : "{template: {spec: %s}%s}";
    return "apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: %s"
        .formatted(group, kind, name, template.formatted(uses(claim), more));
  }

  private static final String BARE_POD =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: " + uses("data-db-0");

  private static Stream<Arguments> consumersBesideTheSet() {
    return Stream.of(
        Arguments.of(workload("Deployment", "backup", "", "data-db-0"), "Give it its own claim"),
        Arguments.of(
            workload("Deployment", "backup", ", replicas: 0", "data-db-0"), "It is at 0 replicas"),
        Arguments.of(
            workload("CronJob", "backup", "", "data-db-0"), "its Jobs would silently stop"),
        Arguments.of(
            workload("CronJob", "backup", ", suspend: true", "data-db-0"),
            "Use a snapshot or a clone of the claim"),
        Arguments.of(
            workload("Job", "backup", "", "data-db-0"), "Wait until it completes, or delete it"),
        Arguments.of(
            workload("Job", "backup", ", suspend: true", "data-db-0"),
            "It is suspended, and its Pod would stay Pending after it is resumed"),
        Arguments.of(
            workload("DaemonSet", "backup", "", "data-db-0"), "It runs a Pod on each node"),
        Arguments.of(workload("StatefulSet", "backup", "", "data-db-0"), "Give it its own claim"),
        Arguments.of(workload("ReplicaSet", "backup", "", "data-db-0"), "Give it its own claim"),
        Arguments.of(BARE_POD.formatted("backup"), "It belongs to no existing workload"));
  }

  @ParameterizedTest
  @MethodSource("consumersBesideTheSet")
  void a_consumer_beside_a_set_is_refused_by_its_name(String consumer, String advice) {
    String kind = consumer.lines().toList().get(1).substring(6);
    assertThat(problems(DATABASE, consumer))
        .singleElement()
        .asString()
        .startsWith(kind + " backup uses claim shop/data-db-0 beside StatefulSet db")
        .contains("ReadWriteOncePod allows only one Pod")
        .contains(advice);
  }

  @Test
  void the_set_and_its_own_pods_are_no_reason_to_refuse() {
    assertThat(problems(DATABASE)).isEmpty();
  }

  @Test
  void a_consumer_of_another_claim_of_the_template_counts_too() {
    String second = claim("data-db-1").replace("pv-data-db-1", "pv-1");
    assertThat(problems(DATABASE, second, workload("CronJob", "backup", "", "data-db-1")))
        .singleElement()
        .asString()
        .startsWith("CronJob backup uses claim shop/data-db-1 beside StatefulSet db");
  }

  @Test
  void refuses_a_pod_with_the_name_of_a_set_that_does_not_control_it() {
    String pod = BARE_POD.formatted("db-1");
    assertThat(problems(DATABASE, pod)).singleElement().asString().startsWith("Pod db-1 uses");
    String ofAnEarlierSet =
        pod.replace(
            "{name: db-1}",
            "{name: db-1, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: earlier, controller: true}]}");
    assertThat(problems(DATABASE, ofAnEarlierSet))
        .singleElement()
        .asString()
        .startsWith("Pod db-1");
    String uncontrolled = ofAnEarlierSet.replace(", uid: earlier, controller: true", "");
    assertThat(problems(DATABASE, uncontrolled)).singleElement().asString().startsWith("Pod db-1");
  }

  private static Stream<String> noConsumers() {
    String ended = "\nstatus: {conditions: [{type: %s, status: \"True\"}]}";
    return Stream.of(
        workload("Job", "backup", "", "data-db-0") + ended.formatted("Complete"),
        workload("Job", "backup", "", "data-db-0") + ended.formatted("Failed"),
        BARE_POD.formatted("backup") + "\nstatus: {phase: Succeeded}",
        workload("Deployment", "web", "", "uploads"),
        workload("CronJob", "backup", "", "data-db-00"));
  }

  @ParameterizedTest
  @MethodSource("noConsumers")
  void does_not_refuse_a_pod_that_has_ended_or_uses_another_claim(String object) {
    assertThat(problems(DATABASE, object)).isEmpty();
  }

  @Test
  void a_job_of_a_cronjob_and_its_pod_are_the_cronjob_s() {
    String cronJob = workload("CronJob", "backup", "", "data-db-0");
    String job =
        workload("Job", "backup-1", "", "data-db-0")
            .replace(
                "{name: backup-1}",
                "{name: backup-1, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: backup, controller: true}]}");
    String pod =
        BARE_POD
            .formatted("backup-1-x")
            .replace(
                "{name: backup-1-x}",
                "{name: backup-1-x, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: backup-1, controller: true}]}");
    assertThat(problems(DATABASE, cronJob, job, pod))
        .singleElement()
        .asString()
        .startsWith("CronJob backup uses");
  }

  @Test
  void a_set_whose_template_gives_the_same_name_is_refused() {
    String set =
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: %s}\nspec: {template: {spec: {containers: [{name: c}]}}, volumeClaimTemplates: [{metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce]}}]}";
    WrittenCluster cluster =
        WrittenCluster.of(
            set.formatted("a-b", "data"), set.formatted("b", "data-a"), claim("data-a-b-0"));
    ObjectKey own = new ObjectKey(Kind.STATEFUL_SET, "shop", "a-b");
    MigrationScope unit = new MigrationScope(Optional.of(own), "data", cluster.unit().claims());
    assertThat(ConsumerChecks.problems(unit, cluster.around()))
        .singleElement()
        .asString()
        .startsWith("claim shop/data-a-b-0 also has a name from a claim template of StatefulSet b");
  }

  private static String deployment(String claim, String replicas) {
    return workload("Deployment", "wiki", ", replicas: " + replicas, claim);
  }

  private static String replicaSet(String name, String replicas, String claim) {
    return workload("ReplicaSet", name, ", replicas: " + replicas, claim)
        .replace(
            "{name: " + name + "}",
            "{name: %s, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: wiki, controller: true}]}"
                .formatted(name));
  }

  @Test
  void a_deployment_with_its_revisions_is_one_consumer() {
    WrittenCluster cluster =
        WrittenCluster.of(
            claim("data"),
            deployment("data", "1"),
            replicaSet("wiki-1", "0", "data"),
            replicaSet("wiki-2", "1", "data"));
    assertThat(cluster.unit().workload().orElseThrow()).hasToString("Deployment wiki");
    assertThat(ConsumerChecks.problems(cluster.unit(), cluster.around())).isEmpty();
  }

  @Test
  void an_old_revision_of_a_deployment_that_no_longer_uses_the_claim_counts_while_it_runs() {
    String[] objects = {DATABASE, deployment("other", "1"), replicaSet("wiki-1", "0", "data-db-0")};
    assertThat(problems(objects)).isEmpty();
    objects[2] = replicaSet("wiki-1", "1", "data-db-0");
    assertThat(problems(objects)).singleElement().asString().startsWith("Deployment wiki uses");
  }

  @Test
  void a_workload_at_0_counts_as_running_while_its_pod_does_and_with_all_its_claims() {
    assertThat(
            problems(
                DATABASE,
                claim("data-db-1"),
                replicaSet("wiki-1", "1", "data-db-1"),
                deployment("data-db-0", "0")))
        .singleElement()
        .asString()
        .startsWith("Deployment wiki uses claim shop/data-db-0, shop/data-db-1 beside")
        .doesNotContain("at 0 replicas");
  }

  @Test
  void moves_the_scalable_consumer_of_a_plain_claim_and_names_all_others() {
    WrittenCluster cluster =
        WrittenCluster.of(
            claim("data"),
            workload("CronJob", "backup", "", "data"),
            workload("Deployment", "standby", ", replicas: 0", "data"),
            workload("Deployment", "wiki", "", "data"));
    assertThat(cluster.unit().workload().orElseThrow()).hasToString("Deployment wiki");
    assertThat(ConsumerChecks.problems(cluster.unit(), cluster.around()))
        .hasSize(2)
        .anyMatch(
            line -> line.startsWith("CronJob backup uses claim shop/data beside Deployment wiki"))
        .anyMatch(line -> line.startsWith("Deployment standby uses claim shop/data"));
  }

  @Test
  void two_pods_of_one_workload_on_a_plain_claim_are_refused() {
    String pod =
        BARE_POD
            .replace("data-db-0", "data")
            .replace(
                "{name: %s}",
                "{name: %s, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: wiki-1, controller: true}]}");
    assertThat(
            problems(
                claim("data"),
                deployment("data", "1"),
                replicaSet("wiki-1", "1", "data"),
                pod.formatted("wiki-1-a"),
                pod.formatted("wiki-1-b")))
        .containsExactly(
            "claim shop/data is used by 2 Pods, but ReadWriteOncePod allows only one. Scale down, or stop the other Pods first.");
  }

  @Test
  void a_consumer_that_an_operator_keeps_is_named_with_it() {
    String pod =
        BARE_POD
            .formatted("clone-1")
            .replace(
                "{name: clone-1}",
                "{name: clone-1, ownerReferences: [{apiVersion: tekton.dev/v1, kind: TaskRun, name: clone, controller: true}]}");
    assertThat(problems(DATABASE, pod))
        .singleElement()
        .asString()
        .startsWith("Pod clone-1 (managed by TaskRun clone) uses claim shop/data-db-0")
        .contains("Give it another claim in TaskRun clone");
  }
}
