package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.Member.Claim;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Says what a move has deleted and not recreated yet, and how to restore it manually. No line
 * starts the workload before its claims have their volumes: a StatefulSet's controller would create
 * a missing claim with a new, empty one.
 */
final class Recovery {

  private final Unit unit;
  private final Look look;
  private final String workload;
  private final List<String> lines = new ArrayList<>();

  /** The claims that the lines recreate. */
  private final List<ClaimKey> recreated = new ArrayList<>();

  /** The claims that have to be bound before the workload starts, and that no line recreates. */
  private final List<String> missing = new ArrayList<>();

  private Recovery(Unit unit, Look look) {
    this.unit = unit;
    this.look = look;
    this.workload = unit.workload().map(Object::toString).orElse("the workload");
  }

  /** Returns lines to add to a message; empty if nothing is missing. */
  static String of(Unit unit, Look look) {
    if (!look.hasBegun()) {
      return "";
    }
    Recovery recovery = new Recovery(unit, look);
    recovery.claims();
    if (look.workload().seen().isEmpty() && look.workload().recreatable()) {
      recovery.set();
    } else {
      recovery.replicas();
    }
    List<String> lines = recovery.lines;
    return lines.isEmpty() ? "" : "\n" + String.join("\n", lines);
  }

  private void claims() {
    for (int i = 0; i < look.members().size(); i++) {
      Member member = look.members().get(i);
      String volume = unit.claims().get(i).volumeName();
      ClaimKey claim = member.record().claim();
      if (member.claim().isEmpty()) {
        recreate(i, claim, volume);
        continue;
      }
      Optional<String> why = why(member, member.claim().get(), look.claims().get(i), volume);
      if (why.isPresent()) {
        missing.add("claim %s is bound to volume %s".formatted(claim, volume));
        lines.add(why.get() + ".");
      }
    }
  }

  private void recreate(int i, ClaimKey claim, String volume) {
    Optional<Copy> copy = Copy.on(look.volumes().get(i), Copy.OF_CLAIM);
    lines.add(
        "claim %s is deleted and not recreated; its volume %s and the data are there, with the reclaim policy Retain%s. If the command cannot go on, restore it by:"
            .formatted(
                claim,
                volume,
                copy.isPresent()
                    ? ", and its manifest is in the volume's annotation " + Copy.OF_CLAIM
                    : ""));
    // the copy has the direction that is recorded, which this run may not have turned round yet
    List<String> modes =
        copy.map(made -> made.manifest().path("spec").path("accessModes"))
            .map(MigrationRecord::texts)
            .filter(texts -> !texts.isEmpty())
            .orElseGet(() -> look.members().get(i).record().to());
    lines.add("  " + Kubectl.release(volume, claim, "", modes));
    lines.add(
        "  "
            + (copy.isPresent()
                ? create(volume, Copy.OF_CLAIM)
                : Kubectl.createInOneLine(ClaimManifest.recreated(i, look))));
    recreated.add(claim);
  }

  private void set() {
    Optional<Integer> at = Look.setCopyAt(look.volumes());
    if (at.isEmpty()) {
      return;
    }
    String volume = unit.claims().get(at.get()).volumeName();
    String deleted =
        "%s is deleted and not recreated; its manifest is in the annotation %s of volume %s."
            .formatted(workload, Copy.OF_SET, volume);
    if (missing.isEmpty()) {
      lines.add(deleted + " If the command cannot go on, restore it by:");
      lines.add("  " + create(volume, Copy.OF_SET));
    } else {
      lines.add(
          "%s Do not recreate it before %s, since the data is there."
              .formatted(deleted, String.join(", and ", missing)));
    }
  }

  private void replicas() {
    int replicas = look.members().get(look.remembering().orElseThrow()).record().replicas();
    if (replicas == 0 || look.workload().seen().filter(seen -> seen.replicas() == 0).isEmpty()) {
      return;
    }
    ObjectKey key = unit.workload().orElseThrow();
    if (!missing.isEmpty()) {
      lines.add(
          "%s is at 0 replicas: do not scale it up before %s, since the data is there."
              .formatted(workload, String.join(", and ", missing)));
      return;
    }
    lines.add(
        "%s is at 0 replicas. If the command cannot go on, start it%s by:"
            .formatted(workload, recreated.isEmpty() ? "" : " when its claims are bound"));
    recreated.forEach(claim -> lines.add("  " + Kubectl.awaitBound(claim)));
    lines.add("  " + Kubectl.scale(key, replicas));
  }

  private static Optional<String> why(
      Member member, Claim seen, Optional<JsonNode> object, String volume) {
    String claim = "claim " + member.record().claim();
    if (seen.going()) {
      return Optional.of(
          "%s is being deleted, and waits for its finalizers: %s"
              .formatted(
                  claim,
                  object
                      .map(json -> json.path("metadata").path("finalizers"))
                      .map(MigrationRecord::texts)
                      .map(finalizers -> String.join(", ", finalizers))
                      .orElse("")));
    }
    return seen.bound() && member.volumeClaimUid().equals(seen.version().uid())
        ? Optional.empty()
        : Optional.of("%s and volume %s are not bound to each other".formatted(claim, volume));
  }

  private static String create(String volume, String annotation) {
    return "%s | kubectl create -f -".formatted(Kubectl.show(volume, annotation));
  }
}
