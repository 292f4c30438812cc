package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.workload.ClaimKey;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The claims that a fleet is about.
 *
 * @param all of them, first those whose move was begun and broken off
 * @param begun those, by this fleet or by another command
 */
record FleetClaims(List<ClaimKey> all, Set<ClaimKey> begun) {

  private static final Comparator<ClaimKey> IN_ORDER = Comparator.comparing(ClaimKey::toString);

  FleetClaims {
    all = List.copyOf(all);
    begun = Set.copyOf(begun);
  }

  /**
   * Finds them.
   *
   * @param rollback whether they go back, which only those can whose move was begun
   * @throws RefusedException if there is none of the labels that are asked for
   */
  static FleetClaims of(MigrationObjects objects, Fleet.Settings settings, boolean rollback) {
    List<JsonNode> selected = selected(objects, settings);
    Set<ClaimKey> keys =
        selected.stream().map(Surroundings::claimKey).collect(Collectors.toUnmodifiableSet());
    List<MigrationRecord> records =
        Begun.of(objects.volumes()).stream()
            .map(Begun::record)
            .filter(record -> isMeant(record.claim(), settings))
            .toList();
    if (keys.isEmpty() && !settings.selector().isEmpty() && records.isEmpty()) {
      throw new RefusedException(
          "%s no claims with the labels %s"
              .formatted(
                  settings.namespaces().isEmpty()
                      ? "the cluster has"
                      : "namespace %s has".formatted(String.join(", ", settings.namespaces())),
                  settings.selector()));
    }
    Set<ClaimKey> begun =
        records.stream()
            .filter(
                record -> record.fleet().equals(settings.name()) || keys.contains(record.claim()))
            .map(MigrationRecord::claim)
            .collect(Collectors.toCollection(() -> new TreeSet<>(IN_ORDER)));
    Set<ClaimKey> all = new LinkedHashSet<>(begun);
    // a completed move is not undone, and what is refused for that has to be in the report
    List<String> modes = rollback ? MigrationRecord.EXCLUSIVE : MigrationRecord.SHARED;
    selected.stream()
        .filter(claim -> modesOf(claim).equals(modes))
        .map(Surroundings::claimKey)
        .sorted(IN_ORDER)
        .forEach(all::add);
    return new FleetClaims(List.copyOf(all), begun);
  }

  private static List<JsonNode> selected(MigrationObjects objects, Fleet.Settings settings) {
    return objects.claimsEverywhere(settings.selector()).stream()
        .filter(claim -> isMeant(Surroundings.claimKey(claim), settings))
        .toList();
  }

  /**
   * The moves of other commands, which are neither of this fleet nor complete: those whose claims
   * are gone for now, so that it is not known whether they have the labels.
   */
  static List<Begun> left(MigrationObjects objects, Fleet.Settings settings) {
    return Begun.of(objects.volumes()).stream()
        .filter(begun -> isMeant(begun.record().claim(), settings))
        .filter(
            begun ->
                settings.selector().isEmpty() || objects.claim(begun.record().claim()).isEmpty())
        .sorted(Comparator.comparing(begun -> begun.record().claim().toString()))
        .toList();
  }

  private static List<String> modesOf(JsonNode claim) {
    return MigrationRecord.texts(claim.path("spec").path("accessModes"));
  }

  private static boolean isMeant(ClaimKey claim, Fleet.Settings settings) {
    return settings.namespaces().isEmpty() || settings.namespaces().contains(claim.namespace());
  }
}
