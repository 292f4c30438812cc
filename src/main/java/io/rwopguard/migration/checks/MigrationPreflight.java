package io.rwopguard.migration.checks;

import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.scope.ClaimBinding;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Runs the preflight checks of a migration: a refusal is better than half a migration. */
public final class MigrationPreflight {

  private final MigrationObjects objects;
  private final MigrationOptions options;
  private final List<String> problems = new ArrayList<>();
  private final Set<String> drivers = new HashSet<>();

  /** Creates the checks of a migration with these options. */
  public MigrationPreflight(MigrationObjects objects, MigrationOptions options) {
    this.objects = objects;
    this.options = options;
  }

  /** Lists all problems of a migration, each with a remediation. */
  public List<String> problems(MigrationScope unit, MigrationContext around) {
    if (!options.vouched().driverIsCapable()) {
      DriverCheck.ofServer(objects.minorVersion()).ifPresent(problems::add);
    }
    for (BoundClaim part : unit.claims()) {
      volume(part);
      problems.addAll(ClaimBinding.sameStorage(part, around.volumes()));
      part.claim()
          .map(claim -> ClaimChecks.problems(part, claim, around, options, unit.isUnderWay()))
          .ifPresent(problems::addAll);
    }
    problems.addAll(WorkloadChecks.problems(unit, around, options.vouched()));
    problems.addAll(ConsumerChecks.problems(unit, around));
    problems.addAll(OrphanedVolumes.of(unit, around).problems());
    if (!options.vouched().gitOpsIsPaused()) {
      problems.addAll(new GitOps(unit, around).problems());
    }
    problems.addAll(QuotaChecks.problems(unit, around.quotas()));
    return List.copyOf(problems);
  }

  private void refuse(String why) {
    problems.add(why);
  }

  private void volume(BoundClaim part) {
    KubeObject volume = KubeObject.of(part.volume());
    String name = part.volumeName();
    String driver = volume.spec().path("csi").path("driver").asText("");
    if (driver.isEmpty()) {
      refuse(
          InTreeSource.of(part.volume())
              .map(
                  source ->
                      "volume %s is served by %s, but its object is in-tree (%s). Recreate the PersistentVolume with a csi source first, as docs/guides/migration.md describes."
                          .formatted(name, source.driver(), source.field()))
              .orElse(
                  "volume "
                      + name
                      + " is not a CSI volume, and only CSI drivers enforce ReadWriteOncePod at the storage. Keep ReadWriteOnce."));
    } else if (!options.vouched().driverIsCapable()) {
      // the claims of a set usually have the same driver
      if (drivers.add(driver)) {
        problems.addAll(DriverCheck.problems(objects, driver));
      }
    }
    List<String> modes = volume.accessModes();
    if (!modes.equals(MigrationRecord.SHARED) && !modes.equals(MigrationRecord.EXCLUSIVE)) {
      refuse(
          "volume "
              + name
              + " has access modes "
              + modes
              + ". Only a volume with exactly ReadWriteOnce is limited to one node. Leave it unchanged, or set its access modes to [\"ReadWriteOnce\"] first.");
    }
    ClaimBinding.belongsElsewhere(part).ifPresent(problems::add);
    if (volume.isBeingDeleted()) {
      refuse(
          "volume "
              + name
              + " is being deleted, so its claim cannot be migrated anymore. Save its data.");
    }
  }
}
