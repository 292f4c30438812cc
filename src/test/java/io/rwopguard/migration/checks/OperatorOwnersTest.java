package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.NOTHING;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static io.rwopguard.migration.checks.WrittenCluster.uses;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Operators that keep a workload, and workloads that cannot be scaled to 0. */
class OperatorOwnersTest {

  private static final Vouched STOPPED = new Vouched(false, false, true);

  private static List<String> problems(Vouched vouched, String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    MigrationScope unit = cluster.unit();
    List<String> problems =
        new ArrayList<>(WorkloadChecks.problems(unit, cluster.around(), vouched));
    problems.addAll(ConsumerChecks.problems(unit, cluster.around()));
    return problems;
  }

  /** The database with these lines in the metadata of its set. */
  private static String database(String metadata) {
    return DATABASE.replaceFirst("\\{name: db}", "{name: db, " + metadata + "}");
  }

  @Test
  void a_set_that_nothing_keeps_is_no_problem() {
    assertThat(problems(NOTHING, DATABASE)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "apiVersion: awx.ansible.com/v1beta1, kind: AWX, name: demo",
        "apiVersion: acid.zalan.do/v1, kind: postgresql, name: demo, controller: false",
        "apiVersion: mysql.oracle.com/v2, kind: InnoDBCluster, name: demo, controller: true",
        "apiVersion: batch/v1, kind: Unknown, name: demo, controller: true",
      })
  void an_owner_of_the_kind_of_an_operator_keeps_the_set_with_or_without_controller(String owner) {
    String kind = owner.replaceAll(".*kind: (\\w+),.*", "$1");
    String set = database("ownerReferences: [{" + owner + "}]");
    assertThat(problems(NOTHING, set))
        .singleElement()
        .asString()
        .startsWith(
            "StatefulSet db is managed by %s demo, which would scale it back up".formatted(kind))
        .contains("Change the access mode in " + kind + " demo")
        .contains("then pass --operator-is-stopped");
    assertThat(problems(STOPPED, set)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "apiVersion: v1, kind: ConfigMap, name: release",
        "apiVersion: app.k8s.io/v1beta1, kind: Application, name: shop",
        "apiVersion: apps/v1, kind: Deployment, name: installer",
      })
  void an_owner_of_kubernetes_own_that_is_no_controller_only_collects_garbage(String owner) {
    assertThat(problems(NOTHING, database("ownerReferences: [{" + owner + "}]"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application: spilo, cluster-name: acid-shop | Zalando's postgres-operator (labels application: spilo, cluster-name: acid-shop)",
        "app.kubernetes.io/managed-by: percona-server-mongodb-operator | Percona Operator for MongoDB (label app.kubernetes.io/managed-by: percona-server-mongodb-operator)",
        "app.kubernetes.io/managed-by: cloudnative-pg | an operator (label",
        "app.kubernetes.io/managed-by: our-operator | an operator (label",
        "app.kubernetes.io/managed-by: KafkaController | an operator (label",
      })
  void an_operator_that_sets_no_owner_is_known_by_its_labels(String labels, String operator) {
    String set = database("labels: {" + labels + "}");
    assertThat(problems(NOTHING, set))
        .singleElement()
        .asString()
        .startsWith("StatefulSet db is managed by " + operator)
        .contains("then pass --operator-is-stopped");
    assertThat(problems(STOPPED, set)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application: spilo",
        "application: shop, cluster-name: acid-shop",
        "app.kubernetes.io/managed-by: Helm",
        "app.kubernetes.io/managed-by: terraform",
        "app.kubernetes.io/managed-by: team-storage",
      })
  void other_labels_do_not_refuse(String labels) {
    assertThat(problems(NOTHING, database("labels: {" + labels + "}"))).isEmpty();
  }

  @Test
  void a_claim_whose_operator_removed_the_workload_still_belongs_to_the_operator() {
    String left =
        claim("data")
            .replace(
                "{name: data}",
                "{name: data, labels: {application: spilo, cluster-name: acid-shop}}");
    assertThat(problems(NOTHING, left))
        .singleElement()
        .asString()
        .startsWith("claim shop/data is managed by Zalando's postgres-operator");
    assertThat(problems(STOPPED, left)).isEmpty();
  }

  private static String revision(String name, int replicas, String owner) {
    return """
    apiVersion: apps/v1
    kind: ReplicaSet
    metadata: {name: %s, ownerReferences: [{%s, controller: true}]}
    spec: {replicas: %d, template: {spec: %s}}
    """
        .formatted(name, owner, replicas, uses("data"));
  }

  private static final String ROLLOUT =
      "apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: wiki";

  @Test
  void a_rollout_is_named_once_whatever_revisions_it_has() {
    String[] objects = {
      claim("data"),
      revision("wiki-5c99", 0, ROLLOUT),
      revision("wiki-7d4b", 1, ROLLOUT),
      revision("wiki-9a01", 0, ROLLOUT)
    };
    for (Vouched vouched : List.of(NOTHING, STOPPED)) {
      assertThat(problems(vouched, objects))
          .containsExactly(
              "ReplicaSet wiki-7d4b is managed by Rollout wiki, which would scale it back up. Scale Rollout wiki to 0, wait until its Pods are deleted, and then pass --operator-is-stopped.");
    }
  }

  @Test
  void a_rollout_at_0_can_be_vouched_for() {
    String[] objects = {
      claim("data"), revision("wiki-5c99", 0, ROLLOUT), revision("wiki-7d4b", 0, ROLLOUT)
    };
    assertThat(problems(NOTHING, objects))
        .containsExactly(
            "ReplicaSet wiki-5c99 is managed by Rollout wiki, and both are at 0 replicas. If Rollout wiki stays at 0 until the migration is complete, pass --operator-is-stopped.");
    assertThat(problems(STOPPED, objects)).isEmpty();
  }

  @Test
  void two_rollouts_on_a_claim_are_both_named() {
    String other = ROLLOUT.replace("wiki", "forum");
    assertThat(
            problems(
                NOTHING,
                claim("data"),
                revision("wiki-1", 1, ROLLOUT),
                revision("forum-1", 1, other)))
        .hasSize(2)
        .anyMatch(line -> line.startsWith("ReplicaSet forum-1 is managed by Rollout forum"))
        .anyMatch(
            line ->
                line.startsWith(
                    "ReplicaSet wiki-1 (managed by Rollout wiki) uses claim shop/data"));
  }

  private static String pod(String owner) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: shop-1%s}\nspec: %s"
        .formatted(owner.isEmpty() ? "" : ", ownerReferences: [{" + owner + "}]", uses("data"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "apiVersion: postgresql.cnpg.io/v1, kind: Cluster, name: shop, controller: true | Cluster shop | Set spec.storage.pvcTemplate.accessModes of Cluster shop",
        "apiVersion: core.strimzi.io/v1beta2, kind: StrimziPodSet, name: shop, controller: true | StrimziPodSet shop | Change the access mode in StrimziPodSet shop",
        "apiVersion: core.strimzi.io/v1beta2, kind: StrimziPodSet, name: shop | StrimziPodSet shop | Change the access mode in StrimziPodSet shop",
        "apiVersion: tekton.dev/v1, kind: TaskRun, name: shop, controller: true | TaskRun shop | Change the access mode in TaskRun shop",
      })
  void the_kind_that_owns_a_pod_directly_is_named(String owner, String name, String advice) {
    for (Vouched vouched : List.of(NOTHING, STOPPED)) {
      assertThat(problems(vouched, claim("data"), pod(owner)))
          .singleElement()
          .asString()
          .startsWith("Pod shop-1 is managed by " + name + ", which would recreate it")
          .contains(advice)
          .doesNotContain("delete");
    }
  }

  @Test
  void a_pod_without_a_workload_and_one_whose_workload_is_gone_may_be_deleted() {
    String orphan = "apiVersion: apps/v1, kind: ReplicaSet, name: gone, controller: true";
    for (String owner : List.of("", orphan)) {
      assertThat(problems(NOTHING, claim("data"), pod(owner)))
          .singleElement()
          .asString()
          .startsWith("Pod shop-1 uses the claim, and no workload would recreate it");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DaemonSet | apps/v1 | Keep ReadWriteOnce, or replace it with a Deployment of one replica",
        "Job | batch/v1 | Wait until it completes, or delete it",
        "CronJob | batch/v1 | Save its manifest, delete it, and create it again after the migration",
      })
  void a_kind_that_cannot_be_scaled_to_0_gets_its_own_advice(
      String kind, String version, String advice) {
    String template =
        kind.equals("CronJob")
            ? "{jobTemplate: {spec: {template: {spec: %s}}}}"
            : "{template: {spec: %s}}";
    String object =
        "apiVersion: %s\nkind: %s\nmetadata: {name: nightly}\nspec: %s"
            .formatted(version, kind, template.formatted(uses("data")));
    assertThat(problems(NOTHING, claim("data"), object))
        .singleElement()
        .asString()
        .startsWith(kind + " nightly uses the claim")
        .contains(advice);
  }

  @Test
  void several_replicas_on_one_claim_and_claims_that_go_with_a_scale_down_are_refused() {
    String wiki =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: wiki}\nspec: {replicas: 2, template: {spec: %s}}"
            .formatted(uses("data"));
    assertThat(problems(NOTHING, claim("data"), wiki))
        .containsExactly(
            "Deployment wiki runs 2 Pods that share one claim, but ReadWriteOncePod allows only one Pod. Scale it to 1 first.");
    String deleting =
        DATABASE.replace(
            "  replicas: 1",
            "  replicas: 3\n  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}");
    assertThat(problems(NOTHING, deleting))
        .singleElement()
        .asString()
        .contains("Set that to Retain first");
  }
}
