package io.rwopguard.inventory;

import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ClaimSpec;
import io.rwopguard.workload.Controller;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import io.rwopguard.workload.VolumeSpec;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What has to be known of a cluster to judge one object.
 *
 * @param claims with the volumes that they are bound to
 * @param volumes by name
 * @param workloads with the claims that they name
 * @param namespaces by name
 * @param pods the claims whose Pods have to be there in truth and not only in memory: a refusal may
 *     rest on them
 * @param owners workloads whose own owners count, too, up to {@link #GENERATIONS} with them
 * @param nodes whether it counts on how many nodes Pods can be
 */
public record Questions(
    Set<ClaimKey> claims,
    Set<String> volumes,
    Set<ObjectKey> workloads,
    Set<String> namespaces,
    Set<ClaimKey> pods,
    Set<ObjectKey> owners,
    boolean nodes) {

  /** A Pod's ReplicaSet, the Deployment of that, what owns the Deployment, and one to spare. */
  public static final int GENERATIONS = 4;

  /** Questions that no answer about nodes counts for. */
  public Questions(
      Set<ClaimKey> claims,
      Set<String> volumes,
      Set<ObjectKey> workloads,
      Set<String> namespaces,
      Set<ClaimKey> pods,
      Set<ObjectKey> owners) {
    this(claims, volumes, workloads, namespaces, pods, owners, false);
  }

  /** The same, and on how many nodes Pods can be. */
  public Questions withNodes() {
    return new Questions(claims, volumes, workloads, namespaces, pods, owners, true);
  }

  /** Whether nothing is asked. */
  public boolean isEmpty() {
    return claims.isEmpty()
        && volumes.isEmpty()
        && workloads.isEmpty()
        && namespaces.isEmpty()
        && pods.isEmpty()
        && owners.isEmpty()
        && !nodes;
  }

  /**
   * Asks about all that decides on edits: the claims of an object's Pods, its owners, its
   * namespace.
   */
  public static Questions beforeEdits(ObjectFacts object) {
    Set<ClaimKey> claims = new HashSet<>(object.namedClaims());
    claims.addAll(object.firstClaimsOfTemplates());
    return new Questions(
        claims,
        Set.of(),
        Set.of(),
        object.namespace().isEmpty() ? Set.of() : Set.of(object.namespace()),
        Set.of(),
        ownerIn(object.namespace(), object.controller()).stream().collect(Collectors.toSet()));
  }

  /** What names an owner, if rwop-guard reads its kind. */
  public static Optional<ObjectKey> ownerIn(String namespace, Optional<Controller> controller) {
    return controller.flatMap(
        owner -> owner.kind().map(kind -> new ObjectKey(kind, namespace, owner.name())));
  }

  /** Asks about all that the rules may want to know of a new object, or of a changed one. */
  public static Questions about(ObjectFacts object, Optional<ObjectFacts> before) {
    Set<ClaimKey> claims = new HashSet<>(object.namedClaims());
    claims.addAll(object.firstClaimsOfTemplates());
    before.map(ObjectFacts::namedClaims).ifPresent(claims::addAll);
    Optional<ClaimKey> bound = object.volume().flatMap(VolumeSpec::claim);
    bound.ifPresent(claims::add);
    return new Questions(
        claims,
        object.claim().map(ClaimSpec::volumeName).stream()
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toSet()),
        object.scaleTarget().stream().collect(Collectors.toSet()),
        object.namespace().isEmpty() ? Set.of() : Set.of(object.namespace()),
        before.map(old -> claimsTakenUp(object, old)).orElse(Set.of()),
        Set.of());
  }

  /** The claims that an update may make exclusive for Pods that share them until now. */
  private static Set<ClaimKey> claimsTakenUp(ObjectFacts object, ObjectFacts before) {
    Set<ClaimKey> named = before.namedClaims();
    Stream<ClaimKey> added = object.namedClaims().stream().filter(claim -> !named.contains(claim));
    Stream<ClaimKey> ofVolume =
        object.volume().stream()
            .filter(volume -> volume.becomesExclusive(before.volume()))
            .flatMap(volume -> volume.claim().stream());
    return Stream.concat(added, ofVolume).collect(Collectors.toSet());
  }
}
