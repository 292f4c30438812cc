package io.rwopguard.failover.eligibility;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds the other consumers of a Pod's claims, since a volume cannot be detached from one Pod
 * alone. The object of a Pod that was evicted without a grace period is gone. Its container may
 * still write on the dead node. Its workload and the Pod that replaces it still show whether it
 * opted out.
 *
 * @param optsOut whether an object, or its workload, is annotated not to be failed over
 */
record OtherConsumers(Inventory inventory, Predicate<ObjectKey> optsOut) {

  /**
   * Returns the Pods on a node that use one of these claims, and all consumers that opted out.
   *
   * @param uid the UID of the Pod itself
   * @param own the workloads of the Pod
   */
  List<String> of(Stream<ClaimKey> claims, String uid, String node, Set<ObjectKey> own) {
    return claims
        .flatMap(claim -> inventory.usersOf(claim).stream())
        .filter(user -> user.place().filter(place -> place.uid().equals(uid)).isEmpty())
        .filter(user -> isOn(node, user) || (mayWrite(user, own) && optsOut.test(user.key())))
        .map(user -> user.key().namespace() + "/" + user.key().name())
        .distinct()
        .sorted()
        .toList();
  }

  private static boolean isOn(String node, ClaimConsumer user) {
    return user.place().filter(place -> place.node().equals(node) && !place.over()).isPresent();
  }

  private static boolean mayWrite(ClaimConsumer user, Set<ObjectKey> own) {
    boolean over = user.place().map(PodStatus::over).orElse(!user.active());
    boolean ofOwn =
        own.contains(user.key())
            || user.controller()
                .flatMap(each -> each.kind().map(kind -> key(kind, user, each.name())))
                .filter(own::contains)
                .isPresent();
    return !over && !ofOwn;
  }

  private static ObjectKey key(Kind kind, ClaimConsumer user, String name) {
    return new ObjectKey(kind, user.key().namespace(), name);
  }
}
