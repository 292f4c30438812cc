package io.rwopguard.migration.scope;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.kubectl.KubectlLines;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Checks that a claim and its volume are bound only to each other. */
public final class ClaimBinding {

  private static final String TO_DO =
      " Set the reclaim policy of the unneeded PersistentVolume to Retain, so that its storage is kept. Then delete that PersistentVolume.";

  private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

  private ClaimBinding() {}

  /** Returns whether a claim records that it was bound to this volume. */
  public static boolean isSettled(JsonNode claim, String volume) {
    return KubeObject.of(claim).annotations().has(BIND_COMPLETED)
        && KubeObject.of(claim).volumeName().equals(volume);
  }

  /** Returns whether a volume's claimRef names a claim, bound or not. */
  public static boolean isReservedFor(ClaimKey key, JsonNode volume) {
    JsonNode reference = KubeObject.of(volume).claimRef();
    return reference.path("namespace").asText().equals(key.namespace())
        && reference.path("name").asText().equals(key.name());
  }

  /** Returns a problem if a volume's claimRef names another claim. */
  public static Optional<String> belongsElsewhere(BoundClaim part) {
    JsonNode reference = KubeObject.of(part.volume()).claimRef();
    return reference.isObject() && !isReservedFor(part.key(), part.volume())
        ? Optional.of(
            "volume %s now belongs to claim %s/%s. Migrate that claim instead."
                .formatted(
                    part.volumeName(),
                    reference.path("namespace").asText(),
                    reference.path("name").asText()))
        : Optional.empty();
  }

  /**
   * Refuses to give a new claim the volume of an earlier claim of the same name. That volume may
   * hold another application's data.
   *
   * @throws RefusedException if the volume names a claim that no longer exists
   */
  static void refuseEarlierVolume(BoundClaim part) {
    String uid = KubeObject.of(part.volume()).claimRef().path("uid").asText("");
    String now = part.claim().map(json -> KubeObject.of(json).uid()).orElse("");
    if (!uid.isEmpty() && !uid.equals(now)) {
      throw new RefusedException(
          "claim %s is not bound, and volume %s belonged to an earlier claim of the same name. If you want the data of that volume, scale the workload to 0, delete the claim, and run the command again. Otherwise wait until the claim is bound to another volume."
              .formatted(part.key(), part.volumeName()));
    }
  }

  /** Returns whether a volume names a claim, or names none and records a migration of it. */
  static boolean isVolumeOf(ClaimKey key, JsonNode volume) {
    return isReservedFor(key, volume)
        || (!KubeObject.of(volume).spec().has("claimRef") && remembers(key, volume));
  }

  /**
   * Returns the volume that records a migration of a claim, whichever volume the claim has now. If
   * several do, as after a restore from a backup, the claim's own volume comes first.
   */
  static Optional<JsonNode> movedWith(ClaimKey key, String own, List<JsonNode> volumes) {
    return volumes.stream()
        .filter(volume -> isVolumeOf(key, volume) && remembers(key, volume))
        .min(Comparator.comparing(volume -> !MigrationContext.nameOf(volume).equals(own)));
  }

  private static boolean remembers(ClaimKey key, JsonNode volume) {
    try {
      return new BoundClaim(key, Optional.empty(), volume)
          .remembered()
          .map(MigrationRecord::claim)
          .filter(key::equals)
          .isPresent();
    } catch (IllegalStateException e) {
      // another program wrote this annotation
      return false;
    }
  }

  /**
   * Returns why a claim must not be deleted: it is bound to another volume than the migrated one. A
   * controller that recreates a claim during a migration gives it a new volume. Pods may have
   * written to that volume.
   *
   * @param claim the current claim; empty if none exists
   */
  public static Optional<String> boundElsewhere(BoundClaim part, Optional<JsonNode> claim) {
    String volume = part.volumeName();
    return claim
        .map(json -> KubeObject.of(json).volumeName())
        .filter(name -> !name.isEmpty() && !name.equals(volume))
        .map(
            other ->
                "claim %s is bound to volume %s, but the migration is for volume %s. %sBoth volumes may contain data, so nothing is deleted. Scale the workload to 0, set the reclaim policy of %s to Retain, save its data if you need it, and delete the claim. Then run the command again.%s"
                    .formatted(
                        part.key(), other, volume, recreated(part, claim), other, abandoned(part)));
  }

  /** Returns how to abandon the migration, for a user who continues with the new volume. */
  private static String abandoned(BoundClaim part) {
    return part.remembered().isEmpty()
        ? ""
        : " If you no longer need the data of volume %s, abandon the migration: %s"
            .formatted(part.volumeName(), KubectlLines.abandon(part.volume()));
  }

  /** Returns a note if the UIDs show that the claim was recreated, and not just bound elsewhere. */
  private static String recreated(BoundClaim part, Optional<JsonNode> claim) {
    String known = KubeObject.of(part.volume()).claimRef().path("uid").asText("");
    String now = claim.map(json -> KubeObject.of(json).uid()).orElse("");
    return known.equals(now) ? "" : "A controller or a person recreated the claim meanwhile. ";
  }

  /** Finds other PersistentVolumes of the same storage, each of which could have a claim. */
  public static List<String> sameStorage(BoundClaim part, List<JsonNode> volumes) {
    JsonNode source = KubeObject.of(part.volume()).spec().path("csi");
    String driver = source.path("driver").asText("");
    String handle = source.path("volumeHandle").asText("");
    List<String> problems = new ArrayList<>();
    for (JsonNode other : volumes) {
      JsonNode csi = KubeObject.of(other).spec().path("csi");
      String name = MigrationContext.nameOf(other);
      if (!driver.isEmpty()
          && !name.equals(part.volumeName())
          && csi.path("driver").asText().equals(driver)
          && csi.path("volumeHandle").asText().equals(handle)) {
        problems.add(
            "volume %s uses the same storage as volume %s of claim %s: driver %s, handle %s. %s%s"
                .formatted(
                    name, part.volumeName(), part.key(), driver, handle, danger(other), TO_DO));
      }
    }
    return problems;
  }

  private static String danger(JsonNode other) {
    JsonNode claim = KubeObject.of(other).claimRef();
    String consumer =
        claim.isObject()
            ? "Its claim %s/%s"
                .formatted(claim.path("namespace").asText(), claim.path("name").asText())
            : "Any claim that it is bound to";
    return consumer + " would allow a second writer despite ReadWriteOncePod.";
  }
}
