package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds volumes whose claim is missing and has a name from the claim template of the migrated
 * claims. The StatefulSet controller would create that claim with a new, empty volume.
 */
final class OrphanedVolumes {

  /**
   * A volume without its claim.
   *
   * @param runs whether the StatefulSet has a replica for the claim now
   */
  private record Lost(ClaimKey claim, String volume, boolean runs) {}

  private final List<Lost> all = new ArrayList<>();

  private OrphanedVolumes() {}

  static OrphanedVolumes of(MigrationScope unit, MigrationContext around) {
    OrphanedVolumes siblings = new OrphanedVolumes();
    if (!unit.template().isEmpty()) {
      siblings.find(unit, unit.workload().orElseThrow(), around);
    }
    return siblings;
  }

  private void find(MigrationScope unit, ObjectKey set, MigrationContext around) {
    Set<String> there = new HashSet<>();
    unit.claims().forEach(part -> there.add(part.key().name()));
    around.claims().forEach(claim -> there.add(MigrationContext.nameOf(claim)));
    Pattern made = MigrationScopeResolver.claimsOf(set, unit.template());
    for (JsonNode volume : around.volumes()) {
      JsonNode reference = KubeObject.of(volume).claimRef();
      String name = reference.path("name").asText();
      Matcher ordinal = made.matcher(name);
      if (reference.path("namespace").asText().equals(set.namespace())
          && ordinal.matches()
          && !KubeObject.of(volume).isBeingDeleted()
          && !there.contains(name)) {
        all.add(
            new Lost(
                new ClaimKey(set.namespace(), name),
                MigrationContext.nameOf(volume),
                around
                    .workload(unit)
                    .filter(object -> runs(object, ordinal.group(1)))
                    .isPresent()));
      }
    }
  }

  private static boolean runs(JsonNode set, String ordinal) {
    int start = KubeObject.of(set).spec().path("ordinals").path("start").asInt(0);
    // no StatefulSet has a billion replicas
    long number = ordinal.length() > 9 ? Long.MAX_VALUE : Long.parseLong(ordinal);
    return number >= start && number < (long) start + KubeObject.of(set).replicas();
  }

  /** Lists the claims that the StatefulSet controller would create, each with a remediation. */
  List<String> problems() {
    return all.stream()
        .filter(Lost::runs)
        .map(
            lost ->
                "volume %s belongs to claim %s, which does not exist, and the StatefulSet has a replica for it. Its controller would create that claim with a new, empty volume. Create the claim with spec.volumeName: %s first. Or, if you do not need its data, delete that PersistentVolume."
                    .formatted(lost.volume(), lost.claim(), lost.volume()))
        .toList();
  }

  /** Lists the others, each without a final period. */
  List<String> notes() {
    return all.stream()
        .filter(lost -> !lost.runs())
        .map(
            lost ->
                "volume %s belongs to claim %s, which does not exist. If you need its data, run the command for that claim too before the StatefulSet is scaled up to it. Otherwise its replica gets a new, empty volume"
                    .formatted(lost.volume(), lost.claim()))
        .toList();
  }
}
