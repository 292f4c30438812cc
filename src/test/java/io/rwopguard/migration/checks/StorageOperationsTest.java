package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.PLAIN;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks what storage controllers do with a claim, and what the claim's other checks leave to them.
 */
class StorageOperationsTest {

  private static List<String> problems(String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    BoundClaim part = cluster.unit().claims().get(0);
    return ClaimChecks.problems(part, part.claim().orElseThrow(), cluster.around(), PLAIN, false);
  }

  private static String sized(String requested, String capacity, String status) {
    return claim(
            "data", "status: {phase: Bound, capacity: {storage: %s}%s}".formatted(capacity, status))
        .replace(
            "volumeName: pv-data",
            "volumeName: pv-data, resources: {requests: {storage: %s}}".formatted(requested));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "20Gi | 10Gi | `` | is in progress",
        "10Gi | 10Gi | `, conditions: [{type: Resizing, status: \"True\"}]` | is in progress",
        "20Gi | 10Gi | `, allocatedResourceStatuses: {storage: ControllerResizeInProgress}` | Wait until status.capacity is 20Gi",
        "20Gi | 10Gi | `, conditions: [{type: ControllerResizeError, status: \"True\"}]` | kubectl describe shows what delays it",
        "20Gi | 10Gi | `, conditions: [{type: FileSystemResizePending, status: \"True\"}]` | Run a Pod with the claim until status.capacity is 20Gi",
        "20Gi | 10Gi | `, allocatedResourceStatuses: {storage: NodeResizePending}` | waits for the node",
        "20Gi | 10Gi | `, allocatedResourceStatuses: {storage: NodeResizeInProgress}` | waits for the node",
        "20Gi | 10Gi | `, allocatedResourceStatuses: {storage: ControllerResizeInfeasible}` | Set spec.resources.requests.storage to a size that the driver can provide, more than 10Gi",
        "20Gi | 10Gi | `, allocatedResourceStatuses: {storage: NodeResizeInfeasible}` | is not feasible",
      })
  void a_pending_expansion_is_refused(
      String requested, String capacity, String status, String advice) {
    assertThat(problems(sized(requested, capacity, status)))
        .singleElement()
        .asString()
        .startsWith("the expansion of claim shop/data from %s to %s".formatted(capacity, requested))
        .contains(advice);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "10Gi | 10Gi | ``",
        "10Gi | 10Gi | `, conditions: [{type: Resizing, status: \"False\"}]`",
        "10240Mi | 10Gi | ``",
        "9500Mi | 10Gi | ``",
      })
  void a_claim_that_has_what_it_asks_for_is_not_refused(
      String requested, String capacity, String status) {
    assertThat(problems(sized(requested, capacity, status))).isEmpty();
  }

  private static String modified(String wanted, String status) {
    return claim("data", "status: {phase: Bound%s}".formatted(status))
        .replace(
            "volumeName: pv-data", "volumeName: pv-data, volumeAttributesClassName: " + wanted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ", currentVolumeAttributesClassName: silver",
        ", modifyVolumeStatus: {status: InProgress, targetVolumeAttributesClassName: gold}",
        ", modifyVolumeStatus: {status: Pending, targetVolumeAttributesClassName: gold}",
        ", conditions: [{type: ModifyingVolume, status: \"True\"}]",
      })
  void a_change_of_the_volume_attributes_class_is_waited_for(String status) {
    assertThat(problems(modified("gold", status)))
        .containsExactly(
            "claim shop/data is being changed to VolumeAttributesClass gold. A claim that is recreated now would lose the progress. Wait until status.currentVolumeAttributesClassName is gold.");
  }

  @Test
  void a_volume_attributes_class_that_is_not_feasible_has_to_go_back() {
    assertThat(
            problems(
                modified(
                    "gold",
                    ", currentVolumeAttributesClassName: silver, modifyVolumeStatus: {status: Infeasible}")))
        .singleElement()
        .asString()
        .contains("Set spec.volumeAttributesClassName back to silver");
  }

  @Test
  void a_volume_attributes_class_that_is_in_effect_is_no_problem() {
    assertThat(problems(modified("gold", ", currentVolumeAttributesClassName: gold"))).isEmpty();
    assertThat(problems(modified("gold", ""))).isEmpty();
  }

  private static String with(String... finalizers) {
    return claim("data")
        .replace(
            "{name: data}",
            "{name: data, finalizers: [%s]}".formatted(String.join(", ", finalizers)));
  }

  private static String snapshot(String name, String claim, String status) {
    return "apiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshot\nmetadata: {name: %s}\nspec: {source: {persistentVolumeClaimName: %s}}\n%s"
        .formatted(name, claim, status);
  }

  private static final String AS_SOURCE = "snapshot.storage.kubernetes.io/pvc-as-source-protection";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "status: {readyToUse: false}",
        "status: {readyToUse: false, error: {message: no such class}}"
      })
  void a_snapshot_that_is_not_ready_is_named_with_and_without_the_finalizer(String status) {
    String unready = snapshot("nightly", "data", status);
    for (String claim : List.of(claim("data"), with(AS_SOURCE))) {
      assertThat(problems(claim, unready))
          .containsExactly(
              "VolumeSnapshot nightly of claim shop/data is not ready. The snapshot controller needs the claim until it is. Wait, or delete the VolumeSnapshot if it never becomes ready.");
    }
  }

  @Test
  void snapshots_that_are_ready_or_of_other_claims_are_no_problem() {
    assertThat(
            problems(
                claim("data"),
                snapshot("nightly", "data", "status: {readyToUse: true}"),
                snapshot("other", "uploads", "")))
        .isEmpty();
  }

  @Test
  void a_finalizer_of_a_snapshot_that_is_ready_is_explained() {
    assertThat(problems(with(AS_SOURCE), snapshot("nightly", "data", "status: {readyToUse: true}")))
        .singleElement()
        .asString()
        .contains("is the source of a snapshot (finalizer " + AS_SOURCE + ")")
        .contains("take one more snapshot and delete it")
        .doesNotContainIgnoringCase("remove");
  }

  private static String clone(String source, String phase) {
    return claim("copy", "status: {phase: %s}".formatted(phase))
        .replace("volumeName: pv-copy", source);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dataSource: {kind: PersistentVolumeClaim, name: data}",
        "dataSourceRef: {kind: PersistentVolumeClaim, name: data}",
        "dataSourceRef: {kind: PersistentVolumeClaim, name: data, namespace: shop}"
      })
  void a_clone_that_is_not_bound_is_named(String source) {
    assertThat(problems(claim("data"), clone(source, "Pending")))
        .singleElement()
        .asString()
        .startsWith("claim shop/data is the source of claim copy, which is not bound yet")
        .contains("delete the clone if it never becomes bound");
    assertThat(problems(claim("data"), clone(source, "Bound"))).isEmpty();
  }

  @Test
  void a_restore_from_a_snapshot_of_this_name_is_no_clone() {
    String source =
        "dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: data}";
    assertThat(problems(claim("data"), clone(source, "Pending"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "provisioner.storage.kubernetes.io/cloning-protection | delete the clone that never becomes bound",
        "snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection | delete the VolumeSnapshot or the clone that never becomes ready",
        "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection | Wait until that is complete",
        "groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-bound-protection | Wait until that is complete",
        "example.org/backup | Let that controller finish first",
        "volsync.backube/protection | may break what it protects",
      })
  void a_finalizer_is_never_to_be_removed_manually(String finalizer, String advice) {
    assertThat(problems(with("kubernetes.io/pvc-protection", finalizer)))
        .singleElement()
        .asString()
        .contains("finalizer " + finalizer)
        .contains(advice)
        .doesNotContainIgnoringCase("remove it");
  }

  @Test
  void a_claim_that_is_being_deleted_is_refused_unless_the_move_itself_deleted_it() {
    WrittenCluster cluster =
        WrittenCluster.of(
            claim("data")
                .replace(
                    "{name: data}", "{name: data, deletionTimestamp: \"2026-11-28T00:00:00Z\"}"));
    BoundClaim part = cluster.unit().claims().get(0);
    assertThat(
            ClaimChecks.problems(part, part.claim().orElseThrow(), cluster.around(), PLAIN, false))
        .containsExactly(
            "claim shop/data is being deleted. Wait until the deletion is complete, then run the command again.");
    assertThat(
            ClaimChecks.problems(part, part.claim().orElseThrow(), cluster.around(), PLAIN, true))
        .isEmpty();
  }

  @Test
  void the_owner_of_a_claim_is_named_whether_it_is_its_controller_or_not() {
    String owned =
        claim("data")
            .replace(
                "{name: data}",
                "{name: data, ownerReferences: [{apiVersion: %s, kind: %s, name: shop%s}]}");
    assertThat(problems(owned.formatted("postgresql.cnpg.io/v1", "Cluster", ", controller: true")))
        .singleElement()
        .asString()
        .contains("claim shop/data is managed by its owner, Cluster shop")
        .contains("Set spec.storage.pvcTemplate.accessModes of Cluster shop");
    assertThat(problems(owned.formatted("awx.ansible.com/v1beta1", "AWX", "")))
        .singleElement()
        .asString()
        .contains("claim shop/data is managed by its owner, AWX shop")
        .contains("Change the access mode in AWX shop");
    assertThat(problems(owned.formatted("v1", "Pod", ", controller: true")))
        .singleElement()
        .asString()
        .contains("is an ephemeral claim of a Pod");
    assertThat(problems(owned.formatted("apps/v1", "StatefulSet", ""))).isEmpty();
    assertThat(problems(owned.formatted("apps.kruise.io/v1beta1", "StatefulSet", ""))).hasSize(1);
  }

  /** It keeps the claim from going as any other does, unless the move waits for it. */
  @Test
  void the_snapshot_of_the_move_blocks_a_run_that_does_not_wait_for_it() {
    String snapshot =
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshot
        metadata: {name: own}
        spec: {source: {persistentVolumeClaimName: data}}
        status: {readyToUse: %s}
        """;
    WrittenCluster unready = WrittenCluster.of(claim("data"), snapshot.formatted("false"));
    assertThat(ofOwn(unready, true)).isEmpty();
    assertThat(ofOwn(unready, false)).singleElement().asString().contains("own of claim shop/data");
    WrittenCluster ready =
        WrittenCluster.of(
            claim("data")
                .replace(
                    "{name: data}",
                    "{name: data, finalizers: [snapshot.storage.kubernetes.io/pvc-as-source-protection]}"),
            snapshot.formatted("true"));
    assertThat(ofOwn(ready, false)).isEmpty();
  }

  private static List<String> ofOwn(WrittenCluster cluster, boolean awaited) {
    BoundClaim part = cluster.unit().claims().get(0);
    return StorageOperations.problems(
        part.key(),
        part.claim().orElseThrow(),
        cluster.around(),
        new StorageOperations.Own(Optional.of("own"), awaited));
  }
}
