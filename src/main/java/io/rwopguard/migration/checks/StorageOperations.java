package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds operations of storage controllers that are in progress on a claim: expansions,
 * modifications, snapshots and clones. A claim that is recreated loses what they have noted on it.
 */
final class StorageOperations {

  /** The finalizer that external-snapshotter's snapshot controller sets during a snapshot. */
  private static final String SNAPSHOT_SOURCE =
      "snapshot.storage.kubernetes.io/pvc-as-source-protection";

  /** The finalizer that external-provisioner sets while it clones a claim. */
  private static final String CLONE_SOURCE = "provisioner.storage.kubernetes.io/cloning-protection";

  private static final Set<String> RESIZING =
      Set.of("Resizing", "ControllerResizeError", "NodeResizeError");

  private final Own own;

  private final ClaimKey key;
  private final KubeObject claim;
  private final List<String> problems = new ArrayList<>();

  /**
   * The snapshot that the migration itself creates.
   *
   * @param name its name; empty if no migration was started
   * @param awaited whether this run waits until it is ready
   */
  record Own(Optional<String> name, boolean awaited) {

    private boolean is(JsonNode snapshot) {
      return name.equals(Optional.of(MigrationContext.nameOf(snapshot)));
    }
  }

  private StorageOperations(ClaimKey key, JsonNode claim, Own own) {
    this.own = own;
    this.key = key;
    this.claim = KubeObject.of(claim);
  }

  /**
   * Lists the operations that are not complete, each with a remediation.
   *
   * @param own the snapshot that the migration itself creates
   */
  static List<String> problems(ClaimKey key, JsonNode claim, MigrationContext around, Own own) {
    StorageOperations operations = new StorageOperations(key, claim, own);
    operations.expansion();
    operations.modification();
    operations.snapshots(around);
    operations.clones(around);
    operations.others();
    return operations.problems;
  }

  private void expansion() {
    String requested = storage(claim.spec().path("resources").path("requests"));
    String capacity = storage(claim.status().path("capacity"));
    String state = storage(claim.status().path("allocatedResourceStatuses"));
    boolean pending =
        !requested.isEmpty() && !capacity.isEmpty() && Quantities.isMore(requested, capacity);
    String of = "the expansion of claim %s from %s to %s ".formatted(key, capacity, requested);
    if (state.endsWith("Infeasible")) {
      problems.add(
          of
              + "is not feasible (%s). A recreated claim would request it again, and lose the last feasible size. Set spec.resources.requests.storage to a size that the driver can provide, more than %s, and wait until the expansion is complete."
                  .formatted(state, capacity));
    } else if (state.startsWith("Node") || hasCondition(Set.of("FileSystemResizePending"))) {
      problems.add(
          of
              + "waits for the node, which resizes the file system while a Pod uses the volume. A recreated claim would lose that state. Run a Pod with the claim until status.capacity is %s."
                  .formatted(requested));
    } else if (pending || !state.isEmpty() || hasCondition(RESIZING)) {
      problems.add(
          of
              + "is in progress. A recreated claim would lose its progress, and the driver would receive the request for another UID. Wait until status.capacity is %s; kubectl describe shows what delays it."
                  .formatted(requested));
    }
  }

  private static String storage(JsonNode resources) {
    return resources.path("storage").asText("");
  }

  private void modification() {
    String wanted = claim.spec().path("volumeAttributesClassName").asText("");
    String current = claim.status().path("currentVolumeAttributesClassName").asText("");
    String state = claim.status().path("modifyVolumeStatus").path("status").asText("");
    boolean differs = !wanted.isEmpty() && !current.isEmpty() && !wanted.equals(current);
    if (state.equals("Infeasible")) {
      problems.add(
          "VolumeAttributesClass %s is not feasible for claim %s. A recreated claim would request it again. Set spec.volumeAttributesClassName back to %s, and wait until status.modifyVolumeStatus is removed."
              .formatted(wanted, key, current.isEmpty() ? "the class that it had" : current));
    } else if (!state.isEmpty() || differs || hasCondition(Set.of("ModifyingVolume"))) {
      problems.add(
          "claim %s is being changed to VolumeAttributesClass %s. A claim that is recreated now would lose the progress. Wait until status.currentVolumeAttributesClassName is %s."
              .formatted(key, wanted, wanted));
    }
  }

  private boolean hasCondition(Set<String> types) {
    return types.stream().anyMatch(claim::hasCondition);
  }

  private void snapshots(MigrationContext around) {
    List<String> unready =
        around.snapshots().orElse(List.of()).stream()
            .filter(this::isTakenOfThis)
            .filter(snapshot -> !(own.awaited() && own.is(snapshot)))
            .map(MigrationContext::nameOf)
            .sorted()
            .toList();
    if (!unready.isEmpty()) {
      problems.add(
          "VolumeSnapshot %s of claim %s is not ready. The snapshot controller needs the claim until it is. Wait, or delete the VolumeSnapshot if it never becomes ready."
              .formatted(String.join(", ", unready), key));
    } else if (has(SNAPSHOT_SOURCE) && !hasOwn(around)) {
      problems.add(
          "claim %s is the source of a snapshot (finalizer %s). The snapshot controller releases the claim when every VolumeSnapshot of it is ready. Wait, or delete the VolumeSnapshot that never becomes ready. If there is none, take one more snapshot and delete it: the controller then releases the claim."
              .formatted(key, SNAPSHOT_SOURCE));
    }
  }

  /**
   * Returns whether the own snapshot exists: the finalizer remains for a while once it is ready.
   */
  private boolean hasOwn(MigrationContext around) {
    return around.snapshots().orElse(List.of()).stream().anyMatch(own::is);
  }

  private boolean isTakenOfThis(JsonNode snapshot) {
    return KubeObject.of(snapshot)
            .spec()
            .path("source")
            .path("persistentVolumeClaimName")
            .asText()
            .equals(key.name())
        && !KubeObject.of(snapshot).status().path("readyToUse").asBoolean();
  }

  /** Adds problems for finalizers of the same controllers that usually are on other objects. */
  private void others() {
    for (String finalizer : finalizers()) {
      if (ClaimManifest.isOfStorageOperation(finalizer)
          && !finalizer.equals(SNAPSHOT_SOURCE)
          && !finalizer.equals(CLONE_SOURCE)) {
        problems.add(
            "claim %s takes part in a snapshot or a clone (finalizer %s). Wait until that is complete, or delete the VolumeSnapshot or the clone that never becomes ready."
                .formatted(key, finalizer));
      }
    }
  }

  private void clones(MigrationContext around) {
    List<String> pending =
        around.claims().stream()
            .filter(
                other ->
                    isCloneOfThis(KubeObject.of(other).spec().path("dataSource"))
                        || isCloneOfThis(KubeObject.of(other).spec().path("dataSourceRef")))
            .filter(other -> KubeObject.of(other).phase().equals("Pending"))
            .map(MigrationContext::nameOf)
            .sorted()
            .toList();
    if (!pending.isEmpty()) {
      problems.add(
          "claim %s is the source of claim %s, which is not bound yet. The provisioner needs the source until it is. Wait, or delete the clone if it never becomes bound. A clone whose StorageClass waits for its first consumer needs a Pod."
              .formatted(key, String.join(", ", pending)));
    } else if (has(CLONE_SOURCE)) {
      problems.add(
          "claim %s is the source of a clone (finalizer %s). The provisioner releases the claim when no clone of it is Pending. Wait, or delete the clone that never becomes bound."
              .formatted(key, CLONE_SOURCE));
    }
  }

  private boolean isCloneOfThis(JsonNode source) {
    return source.path("kind").asText().equals("PersistentVolumeClaim")
        && source.path("name").asText().equals(key.name())
        && source.path("namespace").asText(key.namespace()).equals(key.namespace());
  }

  private boolean has(String finalizer) {
    return finalizers().contains(finalizer);
  }

  private List<String> finalizers() {
    return claim.finalizers();
  }
}
