package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.scope.Consumer;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.migration.scope.OwnerReference;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.ObjectReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs the preflight checks of the consumers other than the workload that the migration stops. */
final class ConsumerChecks {

  private final MigrationScope unit;
  private final MigrationContext around;
  private final List<String> problems = new ArrayList<>();

  private ConsumerChecks(MigrationScope unit, MigrationContext around) {
    this.unit = unit;
    this.around = around;
  }

  /** Lists the consumers that ReadWriteOncePod would block, each with a remediation. */
  static List<String> problems(MigrationScope unit, MigrationContext around) {
    ConsumerChecks checks = new ConsumerChecks(unit, around);
    checks.otherConsumers();
    checks.otherSets();
    if (unit.template().isEmpty()) {
      checks.pods();
    }
    return checks.problems;
  }

  private void otherConsumers() {
    List<ClaimKey> claims = unit.claims().stream().map(BoundClaim::key).toList();
    Optional<OwnerReference> keeper = around.workload(unit).flatMap(OwnerReference::keeperOf);
    for (Consumer consumer : Consumer.of(around.workloads(), claims)) {
      boolean own = unit.workload().filter(consumer.key()::equals).isPresent();
      // the revisions of a Rollout have the same owner, which is named with the workload
      boolean revision = keeper.isPresent() && consumer.keeper().equals(keeper);
      if (!own && !revision) {
        problems.add(
            "%s uses claim %s%s, but ReadWriteOncePod allows only one Pod. %s"
                .formatted(
                    name(consumer),
                    String.join(", ", consumer.claims()),
                    unit.workload().map(key -> " beside " + key).orElse(""),
                    advice(consumer)));
      }
    }
  }

  private static String name(Consumer consumer) {
    return consumer
        .keeper()
        .map(owner -> "%s (managed by %s)".formatted(consumer.key(), owner))
        .orElse(consumer.key().toString());
  }

  private static String advice(Consumer consumer) {
    if (consumer.keeper().isPresent()) {
      return "Give it another claim in %1$s, or delete %1$s.".formatted(consumer.keeper().get());
    }
    return switch (consumer.key().kind()) {
      case CRON_JOB ->
          "Its Pods would stay Pending while another Pod runs, so its Jobs would silently stop. Use a snapshot or a clone of the claim, or do the work in the Pod that runs. Then change or delete the CronJob.";
      case JOB ->
          consumer.idle()
              ? "It is suspended, and its Pod would stay Pending after it is resumed. Delete it."
              : "Wait until it completes, or delete it.";
      case DAEMON_SET -> "It runs a Pod on each node. Give it another volume, or delete it.";
      case POD -> "It belongs to no existing workload. Wait until it completes, or delete it.";
      default ->
          consumer.idle()
              ? "It is at 0 replicas, and its Pod would stay Pending after it is scaled up. Give it its own claim, or delete it."
              : "Give it its own claim, or delete it.";
    };
  }

  /** Adds a problem for each claim whose name also fits a claim template of another StatefulSet. */
  private void otherSets() {
    List<JsonNode> sets = new ArrayList<>();
    around
        .workloads()
        .forEach(
            (key, object) -> {
              if (key.kind() == Kind.STATEFUL_SET) {
                sets.add(object);
              }
            });
    for (BoundClaim part : unit.claims()) {
      for (ObjectKey set : MigrationScopeResolver.setsOf(part.key(), sets)) {
        if (unit.workload().filter(set::equals).isEmpty()) {
          problems.add(
              "claim %s also has a name from a claim template of %s, so the Pods of that StatefulSet use the same volume. Rename one of the StatefulSets."
                  .formatted(part.key(), set));
        }
      }
    }
  }

  private void pods() {
    for (BoundClaim part : unit.claims()) {
      long pods =
          around.workloads().entrySet().stream()
              .filter(entry -> entry.getKey().kind() == Kind.POD)
              .map(entry -> read(entry.getKey(), entry.getValue()))
              .filter(pod -> !pod.idle() && !pod.beingDeleted())
              .filter(pod -> pod.namedClaims().contains(part.key()))
              .count();
      if (pods > 1) {
        problems.add(
            "claim %s is used by %d Pods, but ReadWriteOncePod allows only one. Scale down, or stop the other Pods first."
                .formatted(part.key(), pods));
      }
    }
  }

  private static ObjectFacts read(ObjectKey key, JsonNode object) {
    return ObjectReader.read(key.kind(), key.namespace(), object);
  }
}
