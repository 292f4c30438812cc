package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.NOTHING;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks who owns a claim, what would keep a set from going, and what the cluster itself knows. */
class ClaimChecksTest {

  private static final Vouched STOPPED = new Vouched(false, false, true);

  private static List<String> problems(Vouched vouched, String owner) {
    WrittenCluster cluster =
        WrittenCluster.of(
            claim("data")
                .replace(
                    "metadata: {name: data}",
                    "metadata: {name: data, ownerReferences: [%s]}".formatted(owner)));
    BoundClaim part = cluster.unit().claims().get(0);
    assertThat(part.claim().orElseThrow().path("metadata").path("ownerReferences")).hasSize(1);
    return ClaimChecks.problems(
        part, part.claim().orElseThrow(), cluster.around(), WrittenCluster.options(vouched), false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, name: pg, uid: u, controller: true}",
        "{apiVersion: mongodb.com/v1, kind: MongoDB, name: m, uid: u}"
      })
  void a_claim_that_an_operator_owns_is_moved_once_the_operator_is_stopped(String owner) {
    assertThat(problems(NOTHING, owner))
        .singleElement()
        .asString()
        .contains("would recreate it during the migration")
        .endsWith("Or stop its operator, and then pass --operator-is-stopped.");
    assertThat(problems(STOPPED, owner)).isEmpty();
  }

  @Test
  void an_owner_that_only_collects_garbage_keeps_nothing() {
    assertThat(problems(NOTHING, "{apiVersion: v1, kind: ConfigMap, name: c, uid: u}")).isEmpty();
  }

  @Test
  void a_claim_of_a_pod_is_not_moved_whatever_is_vouched_for() {
    assertThat(problems(STOPPED, "{apiVersion: v1, kind: Pod, name: p, uid: u, controller: true}"))
        .singleElement()
        .asString()
        .contains("is an ephemeral claim of a Pod");
  }

  @Test
  void a_set_with_another_finalizer_would_not_go() {
    WrittenCluster cluster =
        WrittenCluster.of(
            WrittenCluster.DATABASE.replace(
                "metadata: {name: db}",
                "metadata: {name: db, finalizers: [orphan, example.org/backup]}"));
    assertThat(WorkloadChecks.problems(cluster.unit(), cluster.around(), NOTHING))
        .singleElement()
        .asString()
        .startsWith("finalizer example.org/backup would block the deletion of StatefulSet")
        .endsWith("remove it first.");
  }

  @Test
  void a_set_in_the_middle_of_a_rollout_would_complete_it() {
    String status =
        "%s\nstatus: {currentRevision: db-1, updateRevision: db-%d}\n---\napiVersion: v1\nkind: Pod";
    for (int update : new int[] {1, 2}) {
      WrittenCluster cluster =
          WrittenCluster.of(
              WrittenCluster.DATABASE.replaceFirst(
                  "\n---\napiVersion: v1\nkind: Pod", status.formatted("", update)));
      assertThat(WorkloadChecks.problems(cluster.unit(), cluster.around(), NOTHING))
          .hasSize(update - 1)
          .allMatch(problem -> problem.contains("is in the middle of a rollout"));
    }
  }

  @Test
  void distinguishes_a_cluster_without_the_access_mode_from_one_with_a_gate() {
    assertThat(DriverCheck.ofServer(OptionalInt.of(21)).orElseThrow())
        .contains("1.21, which does not support ReadWriteOncePod")
        .doesNotContain("--assume-capable");
    assertThat(DriverCheck.ofServer(OptionalInt.of(26)).orElseThrow())
        .contains("feature gate")
        .endsWith("pass --assume-capable");
    assertThat(DriverCheck.ofServer(OptionalInt.of(27))).isEmpty();
    assertThat(DriverCheck.ofServer(OptionalInt.empty())).isEmpty();
  }
}
