package io.rwopguard.migration.plan;

import java.util.Optional;

/**
 * The options of a migration.
 *
 * @param rollback whether to return to the former access modes of the claim
 * @param takesOver whether to take over from a run that is in progress
 * @param snapshotClass the VolumeSnapshotClass of a snapshot to create first; the empty string is
 *     the driver's default, and an empty Optional means no snapshot
 * @param fleet the name of the fleet that it belongs to, for a run that resumes the fleet; empty if
 *     none
 * @param vouched the assertions of the user
 */
public record MigrationOptions(
    boolean rollback,
    boolean takesOver,
    Optional<String> snapshotClass,
    String fleet,
    Vouched vouched) {

  /**
   * The assertions of the user.
   *
   * @param driverIsCapable that the driver and its sidecars support ReadWriteOncePod
   * @param gitOpsIsPaused that the tool that manages the workload from git is paused
   * @param operatorIsStopped that the operator that manages the workload is stopped, or has scaled
   *     it to 0
   */
  public record Vouched(
      boolean driverIsCapable, boolean gitOpsIsPaused, boolean operatorIsStopped) {}

  /** Returns the options as part of a fleet. */
  public MigrationOptions of(String ofFleet) {
    return new MigrationOptions(rollback, takesOver, snapshotClass, ofFleet, vouched);
  }
}
