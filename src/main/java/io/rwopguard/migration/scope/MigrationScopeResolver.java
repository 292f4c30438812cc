package io.rwopguard.migration.scope;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.kubectl.KubectlLines;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.ObjectReader;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds what belongs together with a claim: its volume, its workload, and the set's other claims.
 */
public final class MigrationScopeResolver {

  /** The kinds that can be scaled to 0. */
  public static final Set<Kind> SCALED =
      EnumSet.of(Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.REPLICA_SET, Kind.REPLICATION_CONTROLLER);

  /** The order of consumers to stop: first those that can be scaled, then those that run. */
  private static final Comparator<Consumer> MAIN =
      Comparator.<Consumer, Boolean>comparing(consumer -> !SCALED.contains(consumer.key().kind()))
          .thenComparing(Consumer::idle)
          .thenComparing(consumer -> consumer.key().toString());

  private static final Pattern ORDINAL = Pattern.compile("-(\\d+)$");

  private final MigrationObjects objects;

  /** Creates the resolver for a cluster. */
  public MigrationScopeResolver(MigrationObjects objects) {
    this.objects = objects;
  }

  /**
   * Returns the unit of a claim.
   *
   * @throws RefusedException if the claim has no volume, or the volume does not belong to it
   */
  public MigrationScope find(ClaimKey key) {
    List<JsonNode> volumes = objects.volumes();
    BoundClaim part = part(key, volumes);
    Optional<MigrationRecord> remembered = part.remembered();
    if (remembered.isPresent()) {
      // the recorded workload may not exist for now
      List<BoundClaim> parts =
          remembered.get().claims().stream()
              .map(name -> new ClaimKey(key.namespace(), name))
              .filter(each -> each.equals(key) || isLeft(each, volumes))
              .map(each -> part(each, volumes))
              .toList();
      return new MigrationScope(remembered.get().workload(), remembered.get().template(), parts);
    }
    Optional<ObjectKey> set =
        setsOf(key, objects.all(Kind.STATEFUL_SET, key.namespace())).stream().findFirst();
    if (set.isPresent()) {
      String template = templateOf(key, set);
      return new MigrationScope(set, template, partsOf(set.get(), template, key, volumes));
    }
    return new MigrationScope(
        mainOf(Consumer.of(MigrationContext.workloads(objects, key.namespace()), Set.of(key))),
        "",
        List.of(part));
  }

  /** Returns whether a claim or its volume exists; one deleted with its volume blocks no other. */
  private boolean isLeft(ClaimKey key, List<JsonNode> volumes) {
    return objects.claim(key).isPresent()
        || volumes.stream().anyMatch(volume -> ClaimBinding.isVolumeOf(key, volume));
  }

  /** Returns the workload of a claim without a template; the checks refuse all other consumers. */
  public static Optional<ObjectKey> mainOf(List<Consumer> consumers) {
    return consumers.stream().min(MAIN).map(Consumer::key);
  }

  private BoundClaim part(ClaimKey key, List<JsonNode> volumes) {
    Optional<JsonNode> claim = objects.claim(key);
    String name = claim.map(json -> KubeObject.of(json).volumeName()).orElse("");
    ClaimBinding.movedWith(key, name, volumes)
        .flatMap(moved -> ClaimBinding.boundElsewhere(new BoundClaim(key, claim, moved), claim))
        .ifPresent(
            why -> {
              throw new RefusedException(why);
            });
    Optional<JsonNode> volume = name.isEmpty() ? onlyVolumeOf(key, volumes) : objects.volume(name);
    if (volume.isEmpty()) {
      throw new RefusedException(
          claim.isPresent()
              ? noVolume(key, name)
              : "claim %s does not exist, and no volume belonged to a claim of that name. Check the namespace and the name."
                  .formatted(key));
    }
    BoundClaim part = new BoundClaim(key, claim, volume.get());
    part.remembered()
        .map(MigrationRecord::claim)
        .filter(remembered -> !remembered.equals(key))
        .ifPresent(
            other -> {
              throw new RefusedException(recordOfAnother(part, other));
            });
    if (claim.isPresent() && name.isEmpty() && part.remembered().isEmpty()) {
      ClaimBinding.refuseEarlierVolume(part);
    }
    return part;
  }

  /**
   * Describes the record of another claim, on a volume that was reused or restored from a backup.
   */
  private static String recordOfAnother(BoundClaim part, ClaimKey other) {
    if (ClaimBinding.isVolumeOf(other, part.volume())) {
      return "volume %s belongs to claim %s, whose migration is in progress. Complete that first: rwop-guard migrate %s --apply"
          .formatted(part.volumeName(), other, other);
    }
    return "volume %s of claim %s has the record of a migration of another claim, %s, which cannot be completed with this volume anymore. Remove the record, then run the command again: %s"
        .formatted(part.volumeName(), part.key(), other, KubectlLines.abandon(part.volume()));
  }

  private static String noVolume(ClaimKey key, String name) {
    return name.isEmpty()
        ? "claim %s has no volume yet. Delete it, and recreate it with accessModes: [\"ReadWriteOncePod\"]."
            .formatted(key)
        : "claim %s is bound to volume %s, which does not exist. Its data is no longer in this cluster. Restore it from a backup into a new claim."
            .formatted(key, name);
  }

  /** Returns the only volume of a claim. Earlier claims of its name may have left volumes, too. */
  private static Optional<JsonNode> onlyVolumeOf(ClaimKey key, List<JsonNode> all) {
    List<JsonNode> volumes =
        all.stream().filter(volume -> ClaimBinding.isVolumeOf(key, volume)).toList();
    List<JsonNode> underWay =
        volumes.stream()
            .filter(each -> new BoundClaim(key, Optional.empty(), each).remembered().isPresent())
            .toList();
    List<JsonNode> candidates = underWay.isEmpty() ? volumes : underWay;
    if (candidates.size() > 1) {
      throw new RefusedException(
          "claim %s is not bound, and several volumes belonged to a claim of that name: %s. Set the reclaim policy of the unneeded volumes to Retain, and delete these PersistentVolumes."
              .formatted(
                  key,
                  candidates.stream()
                      .map(MigrationContext::nameOf)
                      .sorted()
                      .collect(Collectors.joining(", "))));
    }
    return candidates.stream().findFirst();
  }

  /** Returns the Pods that use a claim, and have not ended. */
  public List<JsonNode> podObjectsOf(ClaimKey key) {
    return objects.all(Kind.POD, key.namespace()).stream()
        .filter(
            object -> {
              ObjectFacts pod = ObjectReader.read(Kind.POD, key.namespace(), object);
              return !pod.idle() && pod.namedClaims().contains(key);
            })
        .toList();
  }

  /** Returns the StatefulSets whose template creates a claim. They name it TEMPLATE-SET-ORDINAL. */
  public static List<ObjectKey> setsOf(ClaimKey key, Collection<JsonNode> sets) {
    Matcher ordinal = ORDINAL.matcher(key.name());
    if (!ordinal.find()) {
      return List.of();
    }
    String stem = key.name().substring(0, ordinal.start());
    return sets.stream()
        .filter(
            set -> {
              String name = "-" + MigrationContext.nameOf(set);
              return stem.endsWith(name)
                  && hasTemplate(set, stem.substring(0, stem.length() - name.length()));
            })
        .map(set -> new ObjectKey(Kind.STATEFUL_SET, key.namespace(), MigrationContext.nameOf(set)))
        .toList();
  }

  private static boolean hasTemplate(JsonNode set, String name) {
    for (JsonNode template : KubeObject.of(set).spec().path("volumeClaimTemplates")) {
      if (KubeObject.of(template).name().equals(name)) {
        return true;
      }
    }
    return false;
  }

  private static String templateOf(ClaimKey key, Optional<ObjectKey> set) {
    return set.map(
            found -> key.name().replaceFirst("-" + Pattern.quote(found.name()) + "-\\d+$", ""))
        .orElse("");
  }

  /** Returns a pattern for the names of a template's claims in a StatefulSet, with the ordinal. */
  public static Pattern claimsOf(ObjectKey set, String template) {
    return Pattern.compile(Pattern.quote(template + "-" + set.name()) + "-(\\d+)");
  }

  /** Returns all claims of a template, which have to match it, and this one, even if missing. */
  private List<BoundClaim> partsOf(
      ObjectKey set, String template, ClaimKey asked, List<JsonNode> volumes) {
    Pattern name = claimsOf(set, template);
    return Stream.concat(
            Stream.of(asked.name()),
            objects.claims(set.namespace()).stream()
                .map(MigrationContext::nameOf)
                .filter(claim -> name.matcher(claim).matches()))
        .distinct()
        .sorted()
        .map(claim -> part(new ClaimKey(set.namespace(), claim), volumes))
        .toList();
  }
}
