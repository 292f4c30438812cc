package io.rwopguard.migration.plan;

import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import java.util.List;
import java.util.Optional;

/**
 * A claim and its volume as they were observed.
 *
 * @param record what the volume records of the migration, or is to record
 * @param volume the volume's version
 * @param remembered whether the volume records the migration
 * @param recorded whether it does so in the requested direction, for this run
 * @param retained whether the volume's reclaim policy is Retain, and the record says that no other
 *     migration of the workload is in progress
 * @param volumeModes the volume's access modes
 * @param volumeClaimUid the UID of the claim in the volume's claimRef; empty if there is none
 * @param claim the claim; empty if it does not exist
 */
public record ClaimState(
    MigrationRecord record,
    ObjectVersion volume,
    boolean remembered,
    boolean recorded,
    boolean retained,
    List<String> volumeModes,
    String volumeClaimUid,
    Optional<Claim> claim) {

  /**
   * The claim as it was observed.
   *
   * @param going whether it is being deleted
   * @param bound whether claim and volume report that they are bound
   * @param settled whether the claim records that it was bound to this volume. Kubernetes then
   *     considers it lost while the volume's claimRef has another UID, or none (syncBoundClaim of
   *     k8s.io/kubernetes pkg/controller/volume/persistentvolume)
   * @param kept whether the volume has a copy of exactly this version
   * @param returned whether its fields belong to their former managers
   * @param mark whether earlier runs are blocked from it
   * @param snapshot whether it has the requested snapshot
   */
  public record Claim(
      ObjectVersion version,
      List<String> modes,
      boolean going,
      boolean bound,
      boolean settled,
      boolean kept,
      boolean returned,
      RequestMark mark,
      Snapshot snapshot) {}

  /** The state of a snapshot of the volume that was created since the migration started. */
  public enum Snapshot {
    NOT_WANTED,
    MISSING,
    PENDING,
    READY
  }

  /** Returns the UID that the volume's claimRef is to have; empty if Kubernetes fills it in. */
  public String wantedClaimUid() {
    return claim
        // a claim with other modes is deleted first
        .filter(seen -> seen.modes().equals(record.to()) && !seen.going())
        .filter(seen -> seen.settled() || seen.version().uid().equals(volumeClaimUid))
        .map(seen -> seen.version().uid())
        .orElse("");
  }

  /** Returns whether claim and volume are in the desired state, and bound to each other. */
  public boolean isThere() {
    return claim
        .filter(
            seen ->
                !seen.going()
                    && seen.modes().equals(record.to())
                    && volumeModes.equals(record.to())
                    && seen.bound()
                    && volumeClaimUid.equals(seen.version().uid()))
        .isPresent();
  }
}
