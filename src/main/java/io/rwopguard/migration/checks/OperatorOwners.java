package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.migration.scope.OwnerReference;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.Operators;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the operators that manage a workload. Evidence is an owner reference, with or without
 * {@code controller: true}, or a label of an operator that sets no owner.
 */
final class OperatorOwners {

  static final String MANAGED_BY = Operators.MANAGED_BY;

  /** The tools that write a manifest once and run nothing in the cluster. */
  private static final Set<String> TOOLS =
      Set.of("helm", "tiller", "kustomize", "kubectl", "terraform", "pulumi", "skaffold", "tanka");

  private static final String FLAG = "--operator-is-stopped";

  private OperatorOwners() {}

  /** Lists the operators that would scale a workload back up, each with a remediation. */
  static List<String> problems(
      ObjectKey key, JsonNode object, MigrationContext around, Vouched vouched) {
    List<String> problems = new ArrayList<>();
    OwnerReference.keeperOf(object).ifPresent(owner -> kept(key, owner, around, vouched, problems));
    if (problems.isEmpty() && !vouched.operatorIsStopped()) {
      byLabels(object)
          .ifPresent(
              operator ->
                  problems.add(
                      "%s is managed by %s, which would scale it back up or revert the access mode. Stop the operator, or pause its reconciliation of this workload, and then pass %s."
                          .formatted(key, operator, FLAG)));
    }
    return problems;
  }

  private static void kept(
      ObjectKey key,
      OwnerReference owner,
      MigrationContext around,
      Vouched vouched,
      List<String> problems) {
    if (!MigrationScopeResolver.SCALED.contains(key.kind())) {
      problems.add(
          "%s is managed by %s, which would recreate it. Migrate the claim through that owner. %s"
              .formatted(key, owner, remedy(owner)));
    } else if (isRevision(key)) {
      ofRevision(key, owner, runs(around.workloads().get(key)), vouched, problems);
    } else if (!vouched.operatorIsStopped()) {
      problems.add(
          "%s is managed by %s, which would scale it back up. Migrate the claim through that owner. %s Or stop its operator, and then pass %s."
              .formatted(key, owner, remedy(owner), FLAG));
    }
  }

  /** Returns whether an object is one of several revisions, as of a Rollout or DeploymentConfig. */
  private static boolean isRevision(ObjectKey key) {
    return key.kind() == Kind.REPLICA_SET || key.kind() == Kind.REPLICATION_CONTROLLER;
  }

  private static void ofRevision(
      ObjectKey key, OwnerReference owner, boolean runs, Vouched vouched, List<String> problems) {
    if (runs) {
      problems.add(
          "%s is managed by %s, which would scale it back up. Scale %s to 0, wait until its Pods are deleted, and then pass %s."
              .formatted(key, owner, owner, FLAG));
    } else if (!vouched.operatorIsStopped()) {
      problems.add(
          "%s is managed by %s, and both are at 0 replicas. If %s stays at 0 until the migration is complete, pass %s."
              .formatted(key, owner, owner, FLAG));
    }
  }

  private static boolean runs(JsonNode object) {
    return object != null && KubeObject.of(object).replicas() > 0;
  }

  /** Returns how to change the access mode of a claim that an operator's resource manages. */
  static String remedy(OwnerReference owner) {
    if (owner.is("postgresql.cnpg.io", "Cluster")) {
      return "Set spec.storage.pvcTemplate.accessModes of %s to [\"ReadWriteOncePod\"], and replace its instances one after the other."
          .formatted(owner);
    }
    return "Change the access mode in %s, if its operator has a setting for that.".formatted(owner);
  }

  /** Returns the operator that marks an object only by labels. */
  static Optional<String> byLabels(JsonNode object) {
    return Operators.byLabels(KubeObject.of(object).labels());
  }

  /** Returns the value of the managed-by label if it names no known operator or tool. */
  static Optional<String> unknownManager(JsonNode object) {
    return manager(object).filter(manager -> !isTool(manager) && byLabels(object).isEmpty());
  }

  /** Returns the tool that wrote an object, according to its label. */
  static Optional<String> tool(JsonNode object) {
    return manager(object).filter(OperatorOwners::isTool);
  }

  private static Optional<String> manager(JsonNode object) {
    String manager = KubeObject.of(object).labels().path(MANAGED_BY).asText("");
    return Optional.of(manager).filter(name -> !name.isEmpty());
  }

  private static boolean isTool(String manager) {
    return TOOLS.contains(manager.toLowerCase(Locale.ROOT));
  }
}
