package io.rwopguard.migration.kubectl;

import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Wait;
import io.rwopguard.model.ClaimKey;
import java.util.List;

/** Writes the waits of a migration as kubectl commands. */
final class KubectlWaits {

  private KubectlWaits() {}

  /** Returns a loop for each claim, which ends when the claim is unused. */
  static List<String> unused(MigrationScope unit) {
    return unit.claims().stream()
        .map(part -> KubectlTests.awaitUnused(part.key(), part.volumeName()))
        .toList();
  }

  /**
   * Returns the commands that wait for a step of the plan.
   *
   * @param scaledDown whether the lines before have scaled the workload down, and waited for that
   * @throws RefusedException if kubectl cannot determine when the wait is over
   */
  static List<String> of(Wait wait, MigrationScope unit, boolean scaledDown) {
    if (wait instanceof Wait.PodsEnded || wait instanceof Wait.Detached) {
      return scaledDown ? List.of() : unused(unit);
    }
    if (wait instanceof Wait.WorkloadDeleted deleted
        && unit.workload().filter(deleted.workload()::equals).isPresent()) {
      return List.of(KubectlLines.awaitGone(deleted.workload()));
    }
    if (wait instanceof Wait.ClaimDeleted deleted && isPart(deleted.claim(), unit)) {
      return List.of(KubectlLines.awaitGone(deleted.claim()));
    }
    if (wait instanceof Wait.ClaimBound bound && isPart(bound.claim(), unit)) {
      return List.of(KubectlLines.awaitBound(bound.claim()));
    }
    if (wait instanceof Wait.SnapshotReady ready && isPart(ready.claim(), unit)) {
      return List.of(KubectlLines.awaitReady(ready.claim().namespace(), ready.snapshot()));
    }
    throw new RefusedException(
        "kubectl cannot determine whether %s. Use --apply, which waits for it."
            .formatted(wait.text()));
  }

  /** Returns whether the lines are about this claim; a record on a volume may name any. */
  private static boolean isPart(ClaimKey claim, MigrationScope unit) {
    return unit.claims().stream().anyMatch(part -> part.key().equals(claim));
  }
}
