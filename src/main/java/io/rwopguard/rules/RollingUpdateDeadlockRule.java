package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.RollingUpdate;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds a rolling update that must keep the old Pod until a new one is ready. The new Pod waits for
 * the claim, and the old one waits for the new one. The default of 25 % rounds down to 0 below four
 * replicas.
 */
public final class RollingUpdateDeadlockRule implements Rule {

  private final AttachedClaims attached;

  RollingUpdateDeadlockRule(AttachedClaims attached) {
    this.attached = attached;
  }

  @Override
  public String id() {
    return "rolling-update-deadlock";
  }

  @Override
  public String summary() {
    return "a Deployment on a ReadWriteOncePod claim whose resolved maxUnavailable is 0, or a"
        + " DaemonSet on one with a maxSurge: its next rollout never ends; in the scope"
        + " ReadWriteOnce also a Deployment on such a claim";
  }

  @Override
  public String why() {
    return "The new Pod waits for the old Pod's claim, and the old Pod stays until the new one is"
        + " ready.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "write strategy: {type: Recreate}, or remove maxSurge from a DaemonSet";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    RollingUpdate update = object.updateThatAddsFirst().orElse(null);
    if (update == null) {
      return List.of();
    }
    boolean ofNodes = object.kind() == Kind.DAEMON_SET;
    // a DaemonSet's two Pods are on one node, and a ReadWriteOnce claim lets both use it
    List<ClaimKey> once = ofNodes ? List.of() : attached.sharedBy(object, inventory);
    return Stream.concat(
            NamedClaims.exclusive(object, inventory).stream()
                .map(claim -> exclusive(claim, update, ofNodes)),
            once.stream().map(claim -> attached(claim, update)))
        .toList();
  }

  private Finding exclusive(ClaimKey claim, RollingUpdate update, boolean ofNodes) {
    return new Finding(
        id(),
        Severity.WARN,
        update.field(),
        claim.name(),
        "%s, so on a rollout the new Pod waits for claim %s and the old Pod for the new one"
            .formatted(
                ofNodes ? "maxSurge is not 0" : "maxUnavailable resolves to 0", claim.name()),
        ofNodes
            ? "remove maxSurge, so that the old Pod is deleted first"
            : "write strategy: {type: Recreate}");
  }

  private Finding attached(ClaimKey claim, RollingUpdate update) {
    return AttachedClaims.finding(
        this,
        update.field(),
        claim,
        "maxUnavailable resolves to 0, so on a rollout a new Pod that is placed on another node waits for the ReadWriteOnce claim %s and the old Pod for the new one"
            .formatted(claim.name()),
        "write strategy: {type: Recreate}");
  }
}
