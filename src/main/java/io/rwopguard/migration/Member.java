package io.rwopguard.migration;

import java.util.List;
import java.util.Optional;

/**
 * A claim and its volume as they were looked at.
 *
 * @param record what the volume remembers of the move, or is to
 * @param volume the volume's version
 * @param remembered whether the volume remembers the move
 * @param recorded whether it does so in the direction that is asked for, for this run
 * @param retained whether the volume's reclaim policy is Retain, and the record says that no other
 *     move of the workload is in progress
 * @param volumeModes the volume's access modes
 * @param volumeClaimUid the UID of the claim in the volume's claimRef; empty for none
 * @param claim the claim; empty if it is gone
 */
record Member(
    MigrationRecord record,
    ObjectVersion volume,
    boolean remembered,
    boolean recorded,
    boolean retained,
    List<String> volumeModes,
    String volumeClaimUid,
    Optional<Claim> claim) {

  /**
   * The claim.
   *
   * @param going whether it is being deleted
   * @param bound whether claim and volume say that they are bound
   * @param settled whether the claim says that it was bound to this volume, after which Kubernetes
   *     takes it for lost while the volume's claimRef has another UID, or none (syncBoundClaim of
   *     k8s.io/kubernetes pkg/controller/volume/persistentvolume)
   * @param kept whether the volume has a copy of just this version
   * @param returned whether its fields belong to whom they belonged to before
   * @param mark whether earlier runs are kept from it
   * @param snapshot whether it has the snapshot that was asked for
   */
  record Claim(
      ObjectVersion version,
      List<String> modes,
      boolean going,
      boolean bound,
      boolean settled,
      boolean kept,
      boolean returned,
      Mark mark,
      Snapshot snapshot) {}

  /** Whether there is a snapshot of the volume, made since the move was begun. */
  enum Snapshot {
    NOT_WANTED,
    MISSING,
    PENDING,
    READY
  }

  /** The UID that the volume's claimRef is to have; empty for one that Kubernetes fills in. */
  String wantedClaimUid() {
    return claim
        // one with other modes is deleted first
        .filter(seen -> seen.modes().equals(record.to()) && !seen.going())
        .filter(seen -> seen.settled() || seen.version().uid().equals(volumeClaimUid))
        .map(seen -> seen.version().uid())
        .orElse("");
  }

  /** Whether claim and volume are as they are to be, and each other's. */
  boolean isThere() {
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
