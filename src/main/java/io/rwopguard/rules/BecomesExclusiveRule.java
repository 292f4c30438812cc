package io.rwopguard.rules;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds a change that locks running Pods out of their volume. They keep running, but none of them
 * starts again after it ends.
 */
public final class BecomesExclusiveRule implements Rule {

  @Override
  public String id() {
    return "becomes-exclusive";
  }

  @Override
  public String summary() {
    return "a PersistentVolume changed to ReadWriteOncePod, or a workload moved to a"
        + " ReadWriteOncePod claim, while more than one Pod uses it";
  }

  @Override
  public String why() {
    return "Running Pods keep running, but a recreated Pod waits until all others have ended. The"
        + " workload loses its Pods one by one.";
  }

  @Override
  public String byDefault() {
    return "deny";
  }

  @Override
  public String remedy() {
    return "scale down to one Pod first";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    return List.of();
  }

  @Override
  public List<Finding> checkChange(ObjectFacts object, ObjectFacts before, Inventory inventory) {
    if (object.volume().isPresent()) {
      FieldPath field = object.volume().get().accessModes().field();
      return object.volume().stream()
          .filter(volume -> volume.becomesExclusive(before.volume()))
          .flatMap(volume -> volume.claim().stream())
          .flatMap(claim -> finding(field, claim, "with ReadWriteOncePod", inventory))
          .toList();
    }
    if (object.podTemplate().isEmpty()) {
      return List.of();
    }
    FieldPath field = object.podTemplate().get().specPath().field("volumes");
    return NamedClaims.exclusive(object, inventory).stream()
        .filter(claim -> !before.namedClaims().contains(claim))
        .flatMap(
            claim ->
                finding(
                    field, claim, "since " + NamedClaims.whyExclusive(claim, inventory), inventory))
        .toList();
  }

  private Stream<Finding> finding(
      FieldPath field, ClaimKey claim, String why, Inventory inventory) {
    List<String> pods =
        inventory.usersOf(claim).stream()
            .filter(user -> user.key().kind() == Kind.POD && user.active())
            .map(ClaimConsumer::key)
            .map(pod -> pod.name())
            .sorted()
            .toList();
    return pods.size() < 2
        ? Stream.empty()
        : Stream.of(
            new Finding(
                id(),
                Severity.DENY,
                field,
                claim.toString(),
                "%d Pods use claim %s now (%s), and %s only one of them could start again"
                    .formatted(pods.size(), claim, ClaimConsumers.listed(pods), why),
                remedy()));
  }
}
