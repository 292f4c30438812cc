package io.rwopguard.rules;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ParallelPods;
import io.rwopguard.model.Severity;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Finds problems with the number of Pods that a Scale or an autoscaler sets for a workload. */
final class ScaledWorkload {

  private ScaledWorkload() {}

  /**
   * Returns a denial for each ReadWriteOncePod claim of a workload that gets more than one Pod, and
   * a warning for each attached claim.
   */
  static List<Finding> findings(
      Rule rule, String what, AttachedClaims attached, ObjectFacts object, Inventory inventory) {
    ParallelPods pods = object.parallelPods().filter(some -> some.count() > 1).orElse(null);
    if (pods == null || object.scaleTarget().isEmpty()) {
      return List.of();
    }
    ClaimConsumer workload = inventory.claimUser(object.scaleTarget().get()).value().orElse(null);
    if (workload == null) {
      return List.of();
    }
    String many = workload.key() + " " + what.formatted(pods.count());
    Stream<Finding> exclusive =
        NamedClaims.of(workload.claims(), SingleWriter.YES, inventory).stream()
            .sorted(Comparator.comparing(ClaimKey::name))
            .map(
                claim ->
                    new Finding(
                        rule.id(),
                        Severity.DENY,
                        pods.field(),
                        claim.name(),
                        "%s, and %s: all but the first stay Pending forever"
                            .formatted(many, NamedClaims.whyExclusive(claim, inventory)),
                        rule.remedy()));
    Stream<Finding> once =
        attached.sharedBy(workload, inventory).stream()
            .sorted(Comparator.comparing(ClaimKey::name))
            .map(claim -> AttachedClaims.tooMany(rule, pods.field(), claim, many));
    return Stream.concat(exclusive, once).toList();
  }
}
