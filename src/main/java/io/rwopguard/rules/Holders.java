package io.rwopguard.rules;

import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodPlace;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Controller;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who else uses a claim. Pods and ReplicaSets count as what stands at the top of their owners, so
 * that nothing is held up by its own Pods, and by name, not by UID, so that an object made anew is
 * not held up by what its namesake left behind.
 */
final class Holders {

  private Holders() {}

  /** Those besides the object itself and what belongs to it, by kind and name, in their order. */
  static List<String> otherThan(ObjectFacts object, ClaimKey claim, Inventory inventory) {
    String self = top(object.key(), object.controller(), inventory);
    Set<String> holders = new TreeSet<>();
    for (ClaimUser user : inventory.usersOf(claim)) {
      if (user.active()) {
        holders.add(top(user.key(), user.controller(), inventory));
      }
    }
    holders.remove(self);
    return new ArrayList<>(holders);
  }

  /**
   * The same without those whose Pods share a node with the object's own, as far as all of them
   * have one: they get along with a claim that one node can use.
   */
  static List<String> onOtherNodesThan(ObjectFacts object, ClaimKey claim, Inventory inventory) {
    String self = top(object.key(), object.controller(), inventory);
    Set<String> ownNodes = new TreeSet<>();
    Set<String> otherNodes = new TreeSet<>();
    boolean allPlaced = true;
    for (ClaimUser user : inventory.usersOf(claim)) {
      if (user.active() && user.key().kind() == Kind.POD) {
        boolean own = top(user.key(), user.controller(), inventory).equals(self);
        allPlaced &= user.place().isPresent();
        user.place().map(PodPlace::node).ifPresent(own ? ownNodes::add : otherNodes::add);
      }
    }
    return allPlaced && ownNodes.size() == 1 && otherNodes.equals(ownNodes)
        ? List.of()
        : otherThan(object, claim, inventory);
  }

  /** "StatefulSet a, Pod b and 3 more". */
  static String listed(List<String> names) {
    int most = names.size() > 3 ? 2 : 3;
    String first = String.join(", ", names.subList(0, Math.min(most, names.size())));
    return names.size() > most ? "%s and %d more".formatted(first, names.size() - most) : first;
  }

  private static String top(ObjectKey key, Optional<Controller> controller, Inventory inventory) {
    if (controller.isEmpty()) {
      return key.toString();
    }
    Controller owner = controller.get();
    if (owner.kind().isEmpty()) {
      return owner.toString();
    }
    ObjectKey ownerKey = new ObjectKey(owner.kind().get(), key.namespace(), owner.name());
    return inventory
        .claimUser(ownerKey)
        .value()
        .map(known -> top(known.key(), known.controller(), inventory))
        .orElseGet(() -> probableTop(ownerKey));
  }

  /**
   * A ReplicaSet or Job that has not been seen yet is taken for the one that a Deployment or
   * CronJob made, which put a dash and a suffix behind their own names.
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
