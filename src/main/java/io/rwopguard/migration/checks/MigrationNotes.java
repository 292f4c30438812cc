package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.scope.ClaimBinding;
import io.rwopguard.migration.scope.OwnerReference;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Lists what the user has to know about the programs that write the objects of a unit. */
public final class MigrationNotes {

  private final MigrationScope unit;
  private final MigrationContext around;
  private final Vouched vouched;

  /** Creates the notes about a unit and the objects around it. */
  public MigrationNotes(MigrationContext around, MigrationScope unit, Vouched vouched) {
    this.around = around;
    this.unit = unit;
    this.vouched = vouched;
  }

  /**
   * Lists the notes.
   *
   * @param modes the access modes that the claims are to have
   */
  public List<String> all(List<String> modes) {
    Set<String> notes = new LinkedHashSet<>(new GitOps(unit, around).notes());
    around
        .workload(unit)
        .ifPresent(
            workload -> {
              String name = unit.workload().orElseThrow().toString();
              notes.addAll(
                  authors(
                      name,
                      workload,
                      unit.template().isEmpty() ? "" : "a claim template is immutable",
                      modes));
              notes.addAll(new Autoscalers(unit, around).notes());
              operator(name, workload, modes).ifPresent(notes::add);
            });
    for (BoundClaim part : unit.claims()) {
      part.claim()
          .filter(claim -> unit.template().isEmpty() || HelmRelease.of(claim).isPresent())
          .map(
              claim ->
                  authors(
                      "claim " + part.key(), claim, "a claim's access modes are immutable", modes))
          .ifPresent(notes::addAll);
      notes.addAll(authors("volume " + part.volumeName(), part.volume(), "", modes));
      leftBehind(part).ifPresent(notes::add);
    }
    notes.addAll(OrphanedVolumes.of(unit, around).notes());
    unreadable().ifPresent(notes::add);
    return List.copyOf(notes);
  }

  /** Returns the programs that need the new access mode before they write the object again. */
  private static List<String> authors(
      String object, JsonNode json, String why, List<String> modes) {
    List<String> notes = new ArrayList<>();
    String result =
        why.isEmpty()
            ? "it may write the old access mode again"
            : "it fails, because %s".formatted(why);
    Optional<HelmRelease> release = HelmRelease.of(json);
    if (release.isPresent()) {
      notes.add(
          "%s belongs to %s. Set the access mode to %s in the values of the chart (often persistence.accessModes) before the next helm upgrade. Otherwise %s"
              .formatted(object, release.get(), String.join(", ", modes), result));
    } else {
      OperatorOwners.tool(json)
          .map(
              tool ->
                  "%s was written by %s (label %s). Set the access mode to %s there before it is applied again. Otherwise %s"
                      .formatted(
                          object,
                          tool,
                          OperatorOwners.MANAGED_BY,
                          String.join(", ", modes),
                          result))
          .ifPresent(notes::add);
    }
    OperatorOwners.unknownManager(json)
        .map(
            manager ->
                "%s has the label %s: %s. If that is a program in the cluster, stop it before --apply, because it may scale or recreate the migrated objects"
                    .formatted(object, OperatorOwners.MANAGED_BY, manager))
        .ifPresent(notes::add);
    return notes;
  }

  private Optional<String> operator(String name, JsonNode workload, List<String> modes) {
    Optional<String> operator =
        OwnerReference.keeperOf(workload)
            .map(OwnerReference::toString)
            .or(() -> OperatorOwners.byLabels(workload));
    return operator
        .filter(found -> vouched.operatorIsStopped())
        .map(
            found ->
                "%s is managed by %s. Set the access mode to %s there before the operator starts again, or it may revert the migration"
                    .formatted(name, found, String.join(", ", modes)));
  }

  private Optional<String> leftBehind(BoundClaim part) {
    List<String> names =
        around.volumes().stream()
            .filter(volume -> ClaimBinding.isReservedFor(part.key(), volume))
            .map(MigrationContext::nameOf)
            .filter(name -> !name.equals(part.volumeName()))
            .sorted()
            .toList();
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "volume %s is left over from an earlier claim %s. The migration is for volume %s; make sure that it contains your data"
                .formatted(String.join(", ", names), part.key(), part.volumeName()));
  }

  private Optional<String> unreadable() {
    List<String> kinds = new ArrayList<>();
    around.scaledObjects().ifPresentOrElse(found -> {}, () -> kinds.add("ScaledObjects (KEDA)"));
    around.snapshots().ifPresentOrElse(found -> {}, () -> kinds.add("VolumeSnapshots"));
    return kinds.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "you have no permission to list %s in this namespace, so they were not checked. Make sure that none of them refers to these claims or their workload"
                .formatted(String.join(" and ", kinds)));
  }
}
