package io.rwopguard.migration.scope;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static io.rwopguard.migration.checks.WrittenCluster.volume;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.checks.WrittenCluster;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.testing.manifests.Manifests;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimBindingTest {

  private static final ClaimKey KEY = new ClaimKey("shop", "data-db-0");
  private static final JsonNode VOLUME = Manifests.parse(volume("pv-0", "data-db-0"));
  private static final BoundClaim PART = new BoundClaim(KEY, Optional.empty(), VOLUME);

  private static Optional<JsonNode> claimOn(String uid, String volumeName) {
    return Optional.of(
        Manifests.parse(
            "metadata: {name: data-db-0, namespace: shop, uid: %s}\nspec: {accessModes: [ReadWriteOnce], volumeName: \"%s\"}"
                .formatted(uid, volumeName)));
  }

  @Test
  void a_claim_that_was_recreated_and_has_a_new_volume_is_named_with_both_volumes() {
    assertThat(ClaimBinding.boundElsewhere(PART, claimOn("new", "pvc-new")))
        .get()
        .asString()
        .contains("claim shop/data-db-0 is bound to volume pvc-new")
        .contains("the migration is for volume pv-0")
        .contains("recreated the claim meanwhile")
        .contains("nothing is deleted")
        .contains("set the reclaim policy of pvc-new to Retain");
  }

  @Test
  void a_claim_with_another_volume_counts_whatever_its_access_modes_and_uid() {
    assertThat(ClaimBinding.boundElsewhere(PART, claimOn("PersistentVolumeClaim-data-db-0", "pvc")))
        .get()
        .asString()
        .doesNotContain("recreated");
  }

  @Test
  void a_claim_of_this_volume_or_of_none_yet_or_no_claim_at_all_is_not_bound_elsewhere() {
    assertThat(ClaimBinding.boundElsewhere(PART, claimOn("new", "pv-0"))).isEmpty();
    assertThat(ClaimBinding.boundElsewhere(PART, claimOn("new", ""))).isEmpty();
    assertThat(ClaimBinding.boundElsewhere(PART, Optional.empty())).isEmpty();
  }

  private static ObjectNode remembering(ObjectNode volume, String claim) {
    MigrationRecord record =
        new MigrationRecord(
            new ClaimKey("shop", claim),
            List.of(claim),
            MigrationRecord.SHARED,
            false,
            Optional.of("Delete"),
            Optional.empty(),
            "",
            0,
            JsonNodeFactory.instance.arrayNode(),
            Instant.EPOCH,
            "",
            List.of(),
            true);
    volume.withObject("/metadata/annotations").put(MigrationRecord.ANNOTATION, record.toJson());
    return volume;
  }

  @Test
  void the_volume_of_a_move_is_found_although_the_claim_has_another_one_by_now() {
    ObjectNode moved = remembering(Manifests.parse(volume("pv-0", "data-db-0")), "data-db-0");
    ObjectNode newer = Manifests.parse(volume("pvc-new", "data-db-0"));
    assertThat(ClaimBinding.movedWith(KEY, "pvc-new", List.of(newer, moved))).contains(moved);
    ((ObjectNode) moved.path("spec")).remove("claimRef");
    assertThat(ClaimBinding.movedWith(KEY, "pvc-new", List.of(newer, moved))).contains(moved);
  }

  @Test
  void says_how_to_abandon_the_move_when_the_claim_has_another_volume() {
    ObjectNode moved = remembering(Manifests.parse(volume("pv-0", "data-db-0")), "data-db-0");
    BoundClaim part = new BoundClaim(KEY, Optional.empty(), moved);
    assertThat(ClaimBinding.boundElsewhere(part, claimOn("new", "pv-1")))
        .get()
        .asString()
        .contains("abandon the migration: move=$(kubectl get pv pv-0 ")
        .contains(" && kubectl annotate pv pv-0 rwop-guard.io/migration- ");
    ((ObjectNode) moved.path("spec")).remove("claimRef");
    assertThat(ClaimBinding.isVolumeOf(KEY, moved)).isTrue();
    assertThat(ClaimBinding.isVolumeOf(new ClaimKey("shop", "other"), moved)).isFalse();
  }

  @Test
  void a_volume_that_remembers_another_claim_or_something_unreadable_is_not_it() {
    ObjectNode another = remembering(Manifests.parse(volume("pv-1", "data-db-1")), "data-db-1");
    ObjectNode unreadable = Manifests.parse(volume("pv-2", "data-db-0"));
    unreadable.withObject("/metadata/annotations").put(MigrationRecord.ANNOTATION, "{");
    assertThat(ClaimBinding.movedWith(KEY, "pvc-new", List.of(another, unreadable))).isEmpty();
    ((ObjectNode) another.path("spec")).remove("claimRef");
    assertThat(ClaimBinding.movedWith(KEY, "pvc-new", List.of(another))).isEmpty();
  }

  private static List<String> sameStorage(String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    return ClaimBinding.sameStorage(cluster.unit().claims().get(0), cluster.around().volumes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bound", "Released", "Available"})
  void another_volume_object_of_the_same_storage_is_refused_in_any_phase(String phase) {
    String copy =
        volume("copy", "other").replace("h-copy", "h-pv-0")
            + "status: {phase: %s}".formatted(phase);
    assertThat(sameStorage(DATABASE, copy))
        .containsExactly(
            "volume copy uses the same storage as volume pv-0 of claim shop/data-db-0: driver rbd.csi.ceph.com, handle h-pv-0. Its claim shop/other would allow a second writer despite ReadWriteOncePod. Set the reclaim policy of the unneeded PersistentVolume to Retain, so that its storage is kept. Then delete that PersistentVolume.");
  }

  @Test
  void another_volume_of_the_same_storage_without_a_claim_is_refused_too() {
    String copy =
        volume("copy", "other").replace("h-copy", "h-pv-0").replaceAll("  claimRef:.*\n", "");
    assertThat(sameStorage(DATABASE, copy))
        .singleElement()
        .asString()
        .contains("Any claim that it is bound to would allow a second writer");
  }

  @Test
  void the_same_handle_at_another_driver_or_another_handle_is_another_storage() {
    String elsewhere =
        volume("copy", "other")
            .replace("h-copy", "h-pv-0")
            .replace("rbd.csi.ceph.com", "cephfs.csi.ceph.com");
    assertThat(sameStorage(DATABASE, elsewhere, volume("third", "third"))).isEmpty();
  }

  @Test
  void volumes_without_a_handle_are_not_compared() {
    String inTree = "nfs: {server: nfs, path: /}";
    String source = "csi: {driver: rbd.csi.ceph.com, volumeHandle: h-pv-data}";
    String other = "csi: {driver: rbd.csi.ceph.com, volumeHandle: h-other}";
    assertThat(
            sameStorage(
                claim("data").replace(source, inTree),
                volume("other", "other").replace(other, inTree)))
        .isEmpty();
  }
}
