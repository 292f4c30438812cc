package io.rwopguard.rules;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the other consumers of a claim.
 *
 * <p>The top of its chain of owners represents each Pod, ReplicaSet and Job, so no object conflicts
 * with its own Pods. Names are compared, not UIDs, so a recreated object does not conflict with
 * what the deleted one left behind.
 */
final class ClaimConsumers {

  private ClaimConsumers() {}

  /**
   * Returns the consumers besides the object itself and its dependents, as sorted kinds and names.
   */
  static List<String> otherThan(ObjectFacts object, ClaimKey claim, Inventory inventory) {
    Top top = new Top(object, inventory);
    String self = top.of(object.key(), object.controller());
    Set<String> holders = new TreeSet<>();
    for (ClaimConsumer user : inventory.usersOf(claim)) {
      if (user.active()) {
        holders.add(top.of(user.key(), user.controller()));
      }
    }
    holders.remove(self);
    return new ArrayList<>(holders);
  }

  /**
   * Returns the same list, or an empty one if all Pods run on the same node as the object's own.
   * Pods on one node can share a ReadWriteOnce claim.
   */
  static List<String> onOtherNodesThan(ObjectFacts object, ClaimKey claim, Inventory inventory) {
    Top top = new Top(object, inventory);
    String self = top.of(object.key(), object.controller());
    Set<String> ownNodes = new TreeSet<>();
    Set<String> otherNodes = new TreeSet<>();
    boolean allPlaced = true;
    for (ClaimConsumer user : inventory.usersOf(claim)) {
      if (user.active() && user.key().kind() == Kind.POD) {
        boolean own = top.of(user.key(), user.controller()).equals(self);
        allPlaced &= user.place().isPresent();
        user.place().map(PodStatus::node).ifPresent(own ? ownNodes::add : otherNodes::add);
      }
    }
    return allPlaced && ownNodes.size() == 1 && otherNodes.equals(ownNodes)
        ? List.of()
        : otherThan(object, claim, inventory);
  }

  /** Returns a text such as "StatefulSet a, Pod b and 3 more". */
  static String listed(List<String> names) {
    int most = names.size() > 3 ? 2 : 3;
    String first = String.join(", ", names.subList(0, Math.min(most, names.size())));
    return names.size() > most ? "%s and %d more".formatted(first, names.size() - most) : first;
  }

  /**
   * Finds the tops of chains of owners, as seen from one object. What the inventory says about the
   * owner of that object does not count: the object as it is now may have none that is believed.
   */
  private record Top(ObjectFacts object, Inventory inventory) {

    String of(ObjectKey key, Optional<Controller> controller) {
      Optional<Controller> believed = key.equals(object.key()) ? object.controller() : controller;
      if (believed.isEmpty()) {
        return key.toString();
      }
      Controller owner = believed.get();
      if (owner.kind().isEmpty()) {
        return owner.toString();
      }
      if (!owner.makes(key.kind())) {
        // anyone can write an owner, and no controller of Kubernetes created this object for it
        return key.toString();
      }
      ObjectKey ownerKey = new ObjectKey(owner.kind().get(), key.namespace(), owner.name());
      return inventory
          .claimUser(ownerKey)
          .value()
          .map(known -> of(known.key(), known.controller()))
          .orElseGet(() -> probableTop(ownerKey));
    }
  }

  /**
   * Returns the Deployment or CronJob that probably owns a ReplicaSet or Job which is not in the
   * inventory. These controllers append a dash and a suffix to their own names.
   */
  private static String probableTop(ObjectKey owner) {
    int dash = owner.name().lastIndexOf('-');
    if (dash > 0 && (owner.kind() == Kind.REPLICA_SET || owner.kind() == Kind.JOB)) {
      Kind maker = owner.kind() == Kind.REPLICA_SET ? Kind.DEPLOYMENT : Kind.CRON_JOB;
      return new ObjectKey(maker, owner.namespace(), owner.name().substring(0, dash)).toString();
    }
    return owner.toString();
  }
}
