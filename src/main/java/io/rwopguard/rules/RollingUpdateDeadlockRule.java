package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.RollingUpdate;
import java.util.List;

/**
 * A rolling update that may not take the old Pod away first starts a new one, which waits for the
 * claim, while the old one waits for the new one to be ready. The default of 25 % comes to 0 below
 * four replicas.
 */
public final class RollingUpdateDeadlockRule implements Rule {

  @Override
  public String id() {
    return "rolling-update-deadlock";
  }

  @Override
  public String summary() {
    return "a Deployment on a ReadWriteOncePod claim whose resolved maxUnavailable is 0, or a"
        + " DaemonSet on one with a maxSurge: its next rollout never ends";
  }

  @Override
  public String why() {
    return "The new Pod waits for the claim that the old one holds, and the old one is kept"
        + " until the new one is ready.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "write strategy: {type: Recreate}, or no maxSurge in a DaemonSet";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    RollingUpdate update = object.updateThatAddsFirst().orElse(null);
    if (update == null) {
      return List.of();
    }
    boolean ofNodes = object.kind() == Kind.DAEMON_SET;
    return NamedClaims.exclusive(object, inventory).stream()
        .map(
            claim ->
                new Finding(
                    id(),
                    Severity.WARN,
                    update.field(),
                    claim.name(),
                    "%s, so on a rollout the new Pod waits for claim %s and the old Pod for the new one"
                        .formatted(
                            ofNodes ? "maxSurge is not 0" : "maxUnavailable comes to 0",
                            claim.name()),
                    ofNodes
                        ? "leave maxSurge out, which takes the old Pod away first"
                        : "write strategy: {type: Recreate}"))
        .toList();
  }
}
