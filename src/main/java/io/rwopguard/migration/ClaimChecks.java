package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.Migration.Options;
import io.rwopguard.migration.Migration.Vouched;
import io.rwopguard.migration.MigrationScope.BoundClaim;
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
      BoundClaim part, JsonNode claim, MigrationContext around, Options options, boolean resumes) {
    List<String> problems = new ArrayList<>();
    if (claim.path("metadata").hasNonNull("deletionTimestamp") && !resumes) {
      problems.add(
          "claim "
              + part.key()
              + " is being deleted. Wait until it is gone, and run the command again.");
    }
    List<String> modes = MigrationRecord.texts(claim.path("spec").path("accessModes"));
    if (!modes.equals(MigrationRecord.SHARED) && !modes.equals(MigrationRecord.EXCLUSIVE)) {
      problems.add(
          "claim "
              + part.key()
              + " has access modes "
              + modes
              + "; only ReadWriteOnce alone can become ReadWriteOncePod: leave it, or bind its volume to a claim of that mode first");
    }
    ClaimBinding.boundElsewhere(part, Optional.of(claim)).ifPresent(problems::add);
    for (String finalizer : MigrationRecord.texts(claim.path("metadata").path("finalizers"))) {
      if (!finalizer.equals(PROTECTION) && !StorageOperations.explains(finalizer)) {
        problems.add(
            "finalizer "
                + finalizer
                + " would keep claim "
                + part.key()
                + " from going, until the controller that set it has done its work. Let that controller release the claim first. To remove the finalizer manually may break what it protects.");
      }
    }
    problems.addAll(
        StorageOperations.problems(
            part.key(),
            claim,
            around,
            new StorageOperations.Own(
                part.remembered().map(Snapshots::nameOf), options.snapshotClass().isPresent())));
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
              + " is a Pod's ephemeral one, and ends with it; write accessModes: [\"ReadWriteOncePod\"] in its template");
    } else if (!owner.is("apps", "StatefulSet")
        && (owner.controller() || owner.isForeign())
        && !vouched.operatorIsStopped()) {
      // any other owner only deletes the claim together with itself, and stays its owner
      problems.add(
          "claim %s is kept by %s, its owner, which would recreate it in the middle of the move, with the old access mode. %s Or stop its operator, and then say --operator-is-stopped."
              .formatted(part.key(), owner, OperatorOwners.remedy(owner)));
    }
  }
}
