package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds a claim that another workload uses. This is a warning only: a backup or a data mover may
 * wait for its turn, and a release may get another name.
 */
public final class ClaimInUseRule implements Rule {

  private final AttachedClaims attached;

  ClaimInUseRule(AttachedClaims attached) {
    this.attached = attached;
  }

  @Override
  public String id() {
    return "claim-in-use";
  }

  @Override
  public String summary() {
    return "a ReadWriteOncePod claim that another workload or bare Pod already uses; consumers that"
        + " are scaled to zero, suspended or finished do not count, nor do the object's own Pods;"
        + " in the scope ReadWriteOnce also such a claim, unless the Pods of both run on one node";
  }

  @Override
  public String why() {
    return "The second consumer waits until the first has ended. This may be intended, as for a"
        + " backup, but is usually a mistake.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "stop the other consumer first, or use a separate claim";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElse(null);
    if (template == null || object.idle()) {
      return List.of();
    }
    return Stream.concat(
            NamedClaims.exclusive(object, inventory).stream()
                .flatMap(claim -> finding(object, template, claim, inventory)),
            attached.sharedBy(object, inventory).stream()
                .flatMap(claim -> ofAttached(object, template, claim, inventory)))
        .toList();
  }

  private Stream<Finding> finding(
      ObjectFacts object, PodTemplate template, ClaimKey claim, Inventory inventory) {
    List<String> others = ClaimConsumers.otherThan(object, claim, inventory);
    return Optional.of(others).filter(some -> !some.isEmpty()).stream()
        .map(
            some ->
                new Finding(
                    id(),
                    Severity.WARN,
                    template.specPath().field("volumes"),
                    claim.name(),
                    "%s and used by %s, so a Pod has to wait here"
                        .formatted(
                            NamedClaims.whyExclusive(claim, inventory),
                            ClaimConsumers.listed(some)),
                    remedy()));
  }

  private Stream<Finding> ofAttached(
      ObjectFacts object, PodTemplate template, ClaimKey claim, Inventory inventory) {
    List<String> others = ClaimConsumers.onOtherNodesThan(object, claim, inventory);
    return others.isEmpty()
        ? Stream.empty()
        : Stream.of(
            AttachedClaims.finding(
                this,
                template.specPath().field("volumes"),
                claim,
                "claim %s is ReadWriteOnce and used by %s, so a Pod has to wait here if it runs on another node"
                    .formatted(claim.name(), ClaimConsumers.listed(others)),
                "stop the other consumer first, require its node with podAffinity, or use a separate claim"));
  }
}
