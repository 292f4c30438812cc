package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs the preflight checks of the workload that is scaled to 0, and of what would scale it. */
final class WorkloadChecks {

  private WorkloadChecks() {}

  /** Lists the problems of a unit's workload, each with a remediation. */
  static List<String> problems(MigrationScope unit, MigrationContext around, Vouched vouched) {
    List<String> problems = new ArrayList<>();
    if (unit.workload().isEmpty()) {
      withoutWorkload(unit, vouched, problems);
      return problems;
    }
    ObjectKey key = unit.workload().get();
    JsonNode workload = around.workloads().get(key);
    if (workload == null) {
      // deleted meanwhile, or by the migration itself
      return problems;
    }
    problems.addAll(OperatorOwners.problems(key, workload, around, vouched));
    if (!MigrationScopeResolver.SCALED.contains(key.kind())) {
      if (problems.isEmpty()) {
        problems.add(unscalable(key));
      }
      return problems;
    }
    int replicas = KubeObject.of(workload).replicas();
    if (unit.template().isEmpty() && replicas > 1) {
      problems.add(
          "%s runs %d Pods that share one claim, but ReadWriteOncePod allows only one Pod. Scale it to 1 first."
              .formatted(key, replicas));
    }
    if (KubeObject.of(workload)
        .spec()
        .path("persistentVolumeClaimRetentionPolicy")
        .path("whenScaled")
        .asText()
        .equals("Delete")) {
      problems.add(
          key
              + " deletes its claims when it is scaled down (persistentVolumeClaimRetentionPolicy.whenScaled). Set that to Retain first.");
    }
    if (!unit.template().isEmpty()) {
      rollout(key, workload, replicas).ifPresent(problems::add);
      for (String finalizer : ClaimManifest.foreignFinalizers(workload)) {
        problems.add(
            "finalizer %s would block the deletion of %s, which has to be recreated because its claim template is immutable. Let the controller that set the finalizer remove it first."
                .formatted(finalizer, key));
      }
    }
    problems.addAll(new Autoscalers(unit, around).problems());
    return problems;
  }

  /** Adds problems of claims without a workload, by the labels of operators that set no owner. */
  private static void withoutWorkload(MigrationScope unit, Vouched vouched, List<String> problems) {
    if (vouched.operatorIsStopped()) {
      return;
    }
    for (MigrationScope.BoundClaim part : unit.claims()) {
      part.claim()
          .flatMap(OperatorOwners::byLabels)
          .ifPresent(
              operator ->
                  problems.add(
                      "claim %s is managed by %s, which would recreate it during the migration. Stop the operator, and then pass --operator-is-stopped."
                          .formatted(part.key(), operator)));
    }
  }

  /** Returns a problem in a rollout: a recreated set forgets which Pods keep the old revision. */
  private static Optional<String> rollout(ObjectKey key, JsonNode set, int replicas) {
    String current = KubeObject.of(set).status().path("currentRevision").asText("");
    String update = KubeObject.of(set).status().path("updateRevision").asText("");
    return replicas == 0 || current.isEmpty() || update.isEmpty() || current.equals(update)
        ? Optional.empty()
        : Optional.of(
            "%s is in the middle of a rollout (currentRevision %s, updateRevision %s). A recreated set starts all its Pods from the new template. Complete the rollout, or revert it, first."
                .formatted(key, current, update));
  }

  private static String unscalable(ObjectKey key) {
    return switch (key.kind()) {
      case POD ->
          key
              + " uses the claim, and no workload would recreate it. Save its manifest, delete it, and create it again after the migration.";
      case CRON_JOB ->
          key
              + " uses the claim and cannot be scaled to 0. Save its manifest, delete it, and create it again after the migration.";
      case JOB ->
          key + " uses the claim and cannot be scaled to 0. Wait until it completes, or delete it.";
      case DAEMON_SET ->
          key
              + " uses the claim with a Pod on each node, but ReadWriteOncePod allows only one Pod. Keep ReadWriteOnce, or replace it with a Deployment of one replica.";
      default -> key + " uses the claim and cannot be scaled to 0. Delete it first.";
    };
  }
}
