package io.rwopguard.migration.execution;

import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.plan.BusyException;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.scope.MigrationInProgress;
import java.util.Optional;

/**
 * Separates two migrations of one workload that both found no other before they were recorded. Each
 * checks once more after it was recorded. At least one of them then observes the other, and is
 * withdrawn before it has changed anything. The first change also records that no other was
 * observed, for a run that resumes the migration.
 */
final class ConcurrentMigrations {

  private final MigrationObjects objects;
  private final MigrationScope unit;
  private Optional<MigrationRecord> rival = Optional.empty();

  ConcurrentMigrations(MigrationObjects objects, MigrationScope unit) {
    this.objects = objects;
    this.unit = unit;
  }

  /**
   * Returns the next step, which withdraws the migration once another one was observed.
   *
   * @throws BusyException if the migration is withdrawn
   */
  NextStep next(ObservedState look) {
    NextStep next = look.next();
    Optional<Integer> remembering = look.remembering();
    if (rival.isEmpty()
        && remembering.isPresent()
        && next.step() != Step.RECORD
        && !look.hasBegun()) {
      rival = MigrationInProgress.ofSameWorkload(objects.volumes(), unit);
    }
    if (rival.isEmpty()) {
      return next;
    }
    int member = remembering.orElseThrow(() -> withdrawn(rival.get()));
    return new NextStep.VolumeWrite(Step.WITHDRAW, member, look.members().get(member).volume());
  }

  private BusyException withdrawn(MigrationRecord other) {
    return new BusyException(
        "a migration of claim %s, which %s also uses, was started at the same time. This one is withdrawn and has changed nothing. Run the command again when the other one is complete or withdrawn."
            .formatted(other.claim(), unit.workload().orElseThrow()));
  }
}
