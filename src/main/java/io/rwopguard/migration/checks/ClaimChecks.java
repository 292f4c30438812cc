package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.scope.ClaimBinding;
import io.rwopguard.migration.scope.OwnerReference;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs the preflight checks of a claim: its state, its finalizers and its owners. */
final class ClaimChecks {

  private static final String PROTECTION = "kubernetes.io/pvc-protection";

  private ClaimChecks() {}

  /**
   * Lists the problems of a claim, each with a remediation.
   *
   * @param options whether the migration creates a snapshot, and what the user asserts
   * @param resumes whether a migration is in progress, which may have deleted the claim itself
   */
  static List<String> problems(
      BoundClaim part,
      JsonNode claim,
      MigrationContext around,
      MigrationOptions options,
      boolean resumes) {
    List<String> problems = new ArrayList<>();
    if (KubeObject.of(claim).isBeingDeleted() && !resumes) {
      problems.add(
          "claim "
              + part.key()
              + " is being deleted. Wait until the deletion is complete, then run the command again.");
    }
    List<String> modes = KubeObject.of(claim).accessModes();
    if (!modes.equals(MigrationRecord.SHARED) && !modes.equals(MigrationRecord.EXCLUSIVE)) {
      problems.add(
          "claim "
              + part.key()
              + " has access modes "
              + modes
              + ". Only a claim with exactly ReadWriteOnce can be migrated to ReadWriteOncePod. Leave it unchanged, or first bind its volume to a ReadWriteOnce claim.");
    }
    ClaimBinding.boundElsewhere(part, Optional.of(claim)).ifPresent(problems::add);
    for (String finalizer : KubeObject.of(claim).finalizers()) {
      if (!finalizer.equals(PROTECTION) && !ClaimManifest.isOfStorageOperation(finalizer)) {
        problems.add(
            "finalizer "
                + finalizer
                + " would block the deletion of claim "
                + part.key()
                + " until its controller removes it. Let that controller finish first. Removing the finalizer manually may break what it protects.");
      }
    }
    problems.addAll(
        StorageOperations.problems(
            part.key(),
            claim,
            around,
            new StorageOperations.Own(
                part.remembered().map(MigrationRecord::snapshotName),
                options.snapshotClass().isPresent())));
    for (OwnerReference owner : OwnerReference.of(claim)) {
      owned(part, owner, options.vouched(), problems);
    }
    return problems;
  }

  private static void owned(
      BoundClaim part, OwnerReference owner, Vouched vouched, List<String> problems) {
    if (owner.is("", "Pod")) {
      problems.add(
          "claim "
              + part.key()
              + " is an ephemeral claim of a Pod and is deleted with it. Set accessModes: [\"ReadWriteOncePod\"] in its volumeClaimTemplate instead.");
    } else if (!owner.is("apps", "StatefulSet")
        && (owner.controller() || owner.isForeign())
        && !vouched.operatorIsStopped()) {
      // any other owner only deletes the claim together with itself, and stays its owner
      problems.add(
          "claim %s is managed by its owner, %s, which would recreate it during the migration with the old access mode. %s Or stop its operator, and then pass --operator-is-stopped."
              .formatted(part.key(), owner, OperatorOwners.remedy(owner)));
    }
  }
}
