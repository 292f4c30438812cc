package io.rwopguard.inventory;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ClaimSpec;
import io.rwopguard.model.Controller;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.VolumeSpec;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The objects of a cluster that an evaluation of one object needs.
 *
 * @param claims the claims, with the volumes that they are bound to
 * @param volumes the volumes, by name
 * @param workloads the workloads, with the claims that they name
 * @param namespaces the namespaces, by name
 * @param pods the claims whose Pods need a live read and not only the memory, because a refusal may
 *     depend on them
 * @param owners workloads whose own owners matter too, up to {@link #GENERATIONS} including them
 * @param nodes whether the number of nodes that Pods can be on matters
 */
public record LookupRequest(
    Set<ClaimKey> claims,
    Set<String> volumes,
    Set<ObjectKey> workloads,
    Set<String> namespaces,
    Set<ClaimKey> pods,
    Set<ObjectKey> owners,
    boolean nodes) {

  /** A Pod's ReplicaSet, its Deployment, the owner of the Deployment, and one in reserve. */
  public static final int GENERATIONS = 4;

  /** Creates questions for which the nodes do not matter. */
  public LookupRequest(
      Set<ClaimKey> claims,
      Set<String> volumes,
      Set<ObjectKey> workloads,
      Set<String> namespaces,
      Set<ClaimKey> pods,
      Set<ObjectKey> owners) {
    this(claims, volumes, workloads, namespaces, pods, owners, false);
  }

  /** Returns the same questions plus the one about the nodes. */
  public LookupRequest withNodes() {
    return new LookupRequest(claims, volumes, workloads, namespaces, pods, owners, true);
  }

  /** Returns whether there is no question. */
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
   * Returns the questions that decide on edits: the claims of an object's Pods, its owners, its
   * namespace.
   */
  public static LookupRequest beforeEdits(ObjectFacts object) {
    Set<ClaimKey> claims = new HashSet<>(object.namedClaims());
    claims.addAll(object.firstClaimsOfTemplates());
    return new LookupRequest(
        claims,
        Set.of(),
        Set.of(),
        object.namespace().isEmpty() ? Set.of() : Set.of(object.namespace()),
        Set.of(),
        ownerIn(object.namespace(), object.controller()).stream().collect(Collectors.toSet()));
  }

  /** Returns the key of an owner, if rwop-guard reads its kind. */
  public static Optional<ObjectKey> ownerIn(String namespace, Optional<Controller> controller) {
    return controller.flatMap(
        owner -> owner.kind().map(kind -> new ObjectKey(kind, namespace, owner.name())));
  }

  /** Returns all questions that the rules may have about a new object, or about a changed one. */
  public static LookupRequest about(ObjectFacts object, Optional<ObjectFacts> before) {
    Set<ClaimKey> claims = new HashSet<>(object.namedClaims());
    claims.addAll(object.firstClaimsOfTemplates());
    before.map(ObjectFacts::namedClaims).ifPresent(claims::addAll);
    Optional<ClaimKey> bound = object.volume().flatMap(VolumeSpec::claim);
    bound.ifPresent(claims::add);
    return new LookupRequest(
        claims,
        object.claim().map(ClaimSpec::volumeName).stream()
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toSet()),
        object.scaleTarget().stream().collect(Collectors.toSet()),
        object.namespace().isEmpty() ? Set.of() : Set.of(object.namespace()),
        before.map(old -> claimsTakenUp(object, old)).orElse(Set.of()),
        Set.of());
  }

  /** Returns the claims that an update may make exclusive for Pods that share them so far. */
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
