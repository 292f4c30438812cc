package io.rwopguard.inventory.cluster;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Selects the questions that memory has no answer to. */
final class UnresolvedLookups {

  private UnresolvedLookups() {}

  static LookupRequest of(LookupRequest questions, Inventory known) {
    Set<ClaimKey> claims = new HashSet<>(questions.claims());
    for (ObjectKey workload : questions.workloads()) {
      known.claimUser(workload).value().map(ClaimConsumer::claims).ifPresent(claims::addAll);
    }
    return new LookupRequest(
        those(claims, claim -> !isKnown(claim, known)),
        those(questions.volumes(), volume -> known.volume(volume).value().isEmpty()),
        those(questions.workloads(), workload -> isUnknownWorkload(workload, known)),
        those(questions.namespaces(), name -> known.namespace(name).value().isEmpty()),
        those(questions.pods(), claim -> seemsShared(claim, known)),
        those(questions.owners(), owner -> hasUnknownOwner(owner, known)),
        questions.nodes() && known.nodes().value().isEmpty());
  }

  private static <T> Set<T> those(Set<T> all, Predicate<T> condition) {
    return all.stream().filter(condition).collect(Collectors.toUnmodifiableSet());
  }

  /** Returns whether the claim and the volume it is bound to are known. */
  private static boolean isKnown(ClaimKey key, Inventory known) {
    return known
        .claim(key)
        .value()
        .map(
            claim ->
                claim.volumeName().isEmpty()
                    || known.volume(claim.volumeName()).value().isPresent())
        .orElse(false);
  }

  private static boolean isUnknownWorkload(ObjectKey key, Inventory known) {
    return ClusterObjects.CLAIM_USERS.contains(key.kind())
        && known.claimUser(key).value().isEmpty();
  }

  /** Returns whether a workload, or one of its relevant owners, is unknown. */
  private static boolean hasUnknownOwner(ObjectKey key, Inventory known) {
    Optional<ObjectKey> owner = Optional.of(key);
    for (int i = 0; i < LookupRequest.GENERATIONS && owner.isPresent(); i++) {
      if (isUnknownWorkload(owner.get(), known)) {
        return true;
      }
      owner = known.claimUser(owner.get()).value().flatMap(ClaimConsumer::owner);
    }
    return false;
  }

  private static boolean seemsShared(ClaimKey claim, Inventory known) {
    return known.usersOf(claim).stream()
            .filter(user -> user.key().kind() == Kind.POD && user.active())
            .limit(2)
            .count()
        == 2;
  }
}
