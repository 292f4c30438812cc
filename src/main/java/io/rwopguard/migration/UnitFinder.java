package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.Unit.Part;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Controller;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import io.rwopguard.workload.ObjectReader;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds out what belongs together with a claim: its volume, who uses it, and the set's others. */
final class UnitFinder {

  /** Who may use a claim. */
  static final Set<Kind> USERS =
      EnumSet.of(
          Kind.DEPLOYMENT,
          Kind.STATEFUL_SET,
          Kind.REPLICA_SET,
          Kind.DAEMON_SET,
          Kind.REPLICATION_CONTROLLER,
          Kind.JOB,
          Kind.CRON_JOB,
          Kind.POD);

  private static final Pattern ORDINAL = Pattern.compile("-(\\d+)$");

  private final MigrationObjects objects;

  UnitFinder(MigrationObjects objects) {
    this.objects = objects;
  }

  /**
   * The unit of a claim.
   *
   * @throws RefusedException if there is no such claim, or no volume of it
   */
  Unit find(ClaimKey key) {
    Part part = part(key);
    Optional<MigrationRecord> remembered = part.remembered();
    if (remembered.isPresent()) {
      // who used it then may be away for now
      List<Part> parts =
          remembered.get().claims().stream()
              .map(name -> part(new ClaimKey(key.namespace(), name)))
              .toList();
      return new Unit(
          remembered.get().workload(),
          remembered.get().set().isPresent() ? templateOf(key, remembered.get().workload()) : "",
          parts);
    }
    Optional<ObjectKey> set = setOf(key);
    if (set.isPresent()) {
      String template = templateOf(key, set);
      return new Unit(set, template, partsOf(set.get(), template, key));
    }
    List<ObjectKey> users =
        usersOf(key).stream().filter(UnitFinder::isAtTheTop).map(ObjectFacts::key).toList();
    if (users.size() > 1) {
      throw new RefusedException(
          "claim %s is used by %s and %s: ReadWriteOncePod is for one Pod; give each a claim of its own first"
              .formatted(key, users.get(0), users.get(1)));
    }
    return new Unit(users.stream().findFirst(), "", List.of(part));
  }

  /** What stands above is read too, or is somebody's own kind. */
  private static boolean isAtTheTop(ObjectFacts user) {
    return user.controller().flatMap(Controller::kind).filter(USERS::contains).isEmpty();
  }

  private Part part(ClaimKey key) {
    Optional<JsonNode> claim = objects.claim(key);
    String name = claim.map(json -> json.path("spec").path("volumeName").asText("")).orElse("");
    Optional<JsonNode> volume = name.isEmpty() ? onlyVolumeOf(key) : objects.volume(name);
    if (volume.isEmpty()) {
      throw new RefusedException(
          claim.isPresent()
              ? "claim %s has no volume yet; delete it and recreate it with accessModes: [\"ReadWriteOncePod\"]"
                  .formatted(key)
              : "there is no claim %s, and no volume that was one's of this name".formatted(key));
    }
    return new Part(key, claim, volume.get());
  }

  /** Claims of one name, one after the other, may each have left a volume behind. */
  private Optional<JsonNode> onlyVolumeOf(ClaimKey key) {
    List<JsonNode> volumes = objects.volumesOf(key);
    List<JsonNode> underWay =
        volumes.stream()
            .filter(each -> new Part(key, Optional.empty(), each).remembered().isPresent())
            .toList();
    List<JsonNode> candidates = underWay.isEmpty() ? volumes : underWay;
    if (candidates.size() > 1) {
      throw new RefusedException(
          "claim %s is bound to no volume, and more than one was a claim's of this name: %s; delete the ones that are not needed, or take their claimRef away"
              .formatted(
                  key,
                  candidates.stream()
                      .map(each -> each.path("metadata").path("name").asText())
                      .sorted()
                      .collect(Collectors.joining(", "))));
    }
    return candidates.stream().findFirst();
  }

  /** All that name a claim: workloads, and Pods that are not over. */
  List<ObjectFacts> usersOf(ClaimKey key) {
    List<ObjectFacts> users = new ArrayList<>();
    for (Kind kind : USERS) {
      for (JsonNode object : objects.all(kind, key.namespace())) {
        ObjectFacts facts = ObjectReader.read(kind, key.namespace(), object);
        boolean over = (kind == Kind.POD || kind == Kind.JOB) && facts.idle();
        if (!over && facts.namedClaims().contains(key)) {
          users.add(facts);
        }
      }
    }
    return users;
  }

  /** The Pods that use a claim, and are not over. */
  List<ObjectFacts> podsOf(ClaimKey key) {
    return objects.all(Kind.POD, key.namespace()).stream()
        .map(pod -> ObjectReader.read(Kind.POD, key.namespace(), pod))
        .filter(pod -> !pod.idle() && pod.namedClaims().contains(key))
        .toList();
  }

  /** The StatefulSet whose template made a claim: templates name it TEMPLATE-SET-ORDINAL. */
  private Optional<ObjectKey> setOf(ClaimKey key) {
    Matcher ordinal = ORDINAL.matcher(key.name());
    if (!ordinal.find()) {
      return Optional.empty();
    }
    String stem = key.name().substring(0, ordinal.start());
    return objects.all(Kind.STATEFUL_SET, key.namespace()).stream()
        .filter(
            set -> {
              String name = "-" + set.path("metadata").path("name").asText();
              return stem.endsWith(name)
                  && hasTemplate(set, stem.substring(0, stem.length() - name.length()));
            })
        .map(
            set ->
                new ObjectKey(
                    Kind.STATEFUL_SET, key.namespace(), set.path("metadata").path("name").asText()))
        .findFirst();
  }

  private static boolean hasTemplate(JsonNode set, String name) {
    for (JsonNode template : set.path("spec").path("volumeClaimTemplates")) {
      if (template.path("metadata").path("name").asText().equals(name)) {
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

  /** All claims of a template, which have to agree with it, and this one, which may be gone. */
  private List<Part> partsOf(ObjectKey set, String template, ClaimKey asked) {
    Pattern name = Pattern.compile(Pattern.quote(template + "-" + set.name()) + "-(\\d+)");
    return Stream.concat(
            Stream.of(asked.name()),
            objects.claims(set.namespace(), "").stream()
                .map(claim -> claim.path("metadata").path("name").asText())
                .filter(claim -> name.matcher(claim).matches()))
        .distinct()
        .sorted()
        .map(claim -> part(new ClaimKey(set.namespace(), claim)))
        .toList();
  }
}
