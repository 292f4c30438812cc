package io.rwopguard.migration;

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
  static List<String> of(String why, MigrationScope unit, ObservedState look, boolean scaledDown) {
    if (why.startsWith("Pod ") || why.equals(MigrationPlanner.DETACHED)) {
      return scaledDown ? List.of() : unused(unit);
    }
    if (unit.workload().filter(key -> why.equals(key + " is gone")).isPresent()) {
      return List.of(KubectlLines.awaitGone(unit.workload().get()));
    }
    for (int i = 0; i < unit.claims().size(); i++) {
      ClaimKey claim = unit.claims().get(i).key();
      if (why.equals("claim %s is bound".formatted(claim))) {
        return List.of(KubectlLines.awaitBound(claim));
      }
      if (why.equals("claim %s is gone".formatted(claim))) {
        return List.of(KubectlLines.awaitGone(claim));
      }
      if (why.equals(MigrationPlanner.ready(claim))) {
        return List.of(
            KubectlLines.awaitReady(
                claim.namespace(), Snapshots.nameOf(look.members().get(i).record())));
      }
    }
    throw new RefusedException(
        "kubectl cannot tell whether %s. Use --apply, which waits for it".formatted(why));
  }
}
