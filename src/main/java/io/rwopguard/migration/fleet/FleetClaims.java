package io.rwopguard.migration.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.scope.MigrationInProgress;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The claims that a fleet migrates.
 *
 * @param all all claims, first those whose migration was started and interrupted
 * @param started the claims whose migration this fleet or another command started
 */
record FleetClaims(List<ClaimKey> all, Set<ClaimKey> started) {

  private static final Comparator<ClaimKey> IN_ORDER = Comparator.comparing(ClaimKey::toString);

  FleetClaims {
    all = List.copyOf(all);
    started = Set.copyOf(started);
  }

  /**
   * Finds the claims.
   *
   * @param rollback whether to roll back, which is possible only for a migration in progress
   * @throws RefusedException if no claim has the requested labels
   */
  static FleetClaims of(MigrationObjects objects, Fleet.Settings settings, boolean rollback) {
    List<JsonNode> selected = selected(objects, settings);
    Set<ClaimKey> keys =
        selected.stream().map(MigrationContext::claimKey).collect(Collectors.toUnmodifiableSet());
    List<MigrationRecord> records =
        MigrationInProgress.of(objects.volumes()).stream()
            .map(MigrationInProgress::record)
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
    Set<ClaimKey> started =
        records.stream()
            .filter(
                record -> record.fleet().equals(settings.name()) || keys.contains(record.claim()))
            .map(MigrationRecord::claim)
            .collect(Collectors.toCollection(() -> new TreeSet<>(IN_ORDER)));
    Set<ClaimKey> all = new LinkedHashSet<>(started);
    // a completed migration cannot be rolled back, but the report lists the refused claims
    List<String> modes = rollback ? MigrationRecord.EXCLUSIVE : MigrationRecord.SHARED;
    selected.stream()
        .filter(claim -> modesOf(claim).equals(modes))
        .map(MigrationContext::claimKey)
        .sorted(IN_ORDER)
        .forEach(all::add);
    return new FleetClaims(List.copyOf(all), started);
  }

  private static List<JsonNode> selected(MigrationObjects objects, Fleet.Settings settings) {
    return objects.claimsEverywhere(settings.selector()).stream()
        .filter(claim -> isMeant(MigrationContext.claimKey(claim), settings))
        .toList();
  }

  /**
   * Returns incomplete migrations that other commands may have started. With a selector, these are
   * only those whose claims do not exist now, since their labels are not known.
   */
  static List<MigrationInProgress> left(MigrationObjects objects, Fleet.Settings settings) {
    return MigrationInProgress.of(objects.volumes()).stream()
        .filter(started -> isMeant(started.record().claim(), settings))
        .filter(
            started ->
                settings.selector().isEmpty() || objects.claim(started.record().claim()).isEmpty())
        .sorted(Comparator.comparing(started -> started.record().claim().toString()))
        .toList();
  }

  private static List<String> modesOf(JsonNode claim) {
    return KubeObject.of(claim).accessModes();
  }

  private static boolean isMeant(ClaimKey claim, Fleet.Settings settings) {
    return settings.namespaces().isEmpty() || settings.namespaces().contains(claim.namespace());
  }
}
