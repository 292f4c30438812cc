package io.rwopguard.migration.kubectl;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.plan.ClaimState;
import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RequestMark;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Describes what a migration has deleted and not recreated yet, and how to restore it manually. No
 * line starts the workload before its claims have their volumes: a StatefulSet controller would
 * create a missing claim with a new, empty volume. So each line waits for the one before.
 */
public final class Recovery {

  private static final String RETAIN = "Retain";
  private static final String NEXT_LINE = " &&";

  /** The suffix of the last command, since a test that fails prints nothing. */
  private static final String ELSE =
      KubectlLines.orSay("stopped, because the cluster has changed: run rwop-guard again");

  private final MigrationScope unit;
  private final ObservedState look;
  private final Set<ObjectVersion> inFlight;
  private final String workload;
  private final List<String> lines = new ArrayList<>();
  private final List<String> commands = new ArrayList<>();

  /** The claims that have to be bound before the workload starts, and that no line recreates. */
  private final List<String> missing = new ArrayList<>();

  private Recovery(MigrationScope unit, ObservedState look, Set<ObjectVersion> inFlight) {
    this.unit = unit;
    this.look = look;
    this.inFlight = inFlight;
    this.workload = unit.workload().map(Object::toString).orElse("the workload");
  }

  /**
   * Returns lines to add to a message; empty if nothing is missing.
   *
   * @param inFlight the claims whose deletion was requested without an answer
   */
  public static String of(MigrationScope unit, ObservedState look, Set<ObjectVersion> inFlight) {
    if (!look.hasBegun()) {
      return "";
    }
    Recovery recovery = new Recovery(unit, look, inFlight);
    recovery.claims();
    Optional<Seen> seen = look.workload().seen();
    if (seen.isEmpty() && look.workload().recreatable()) {
      recovery.set();
    } else if (seen.filter(Seen::going).isPresent()) {
      recovery.goingSet();
    } else {
      recovery.replicas();
    }
    return recovery.text();
  }

  private String text() {
    if (!commands.isEmpty()) {
      lines.add(
          commands.size() == 1
              ? "If the command cannot continue, do this manually:"
              : "If the command cannot continue, do this manually. Each line waits for the previous one. If a line fails, run the command again and use its new output:");
      for (int i = 0; i < commands.size(); i++) {
        lines.add("  " + commands.get(i) + (i < commands.size() - 1 ? NEXT_LINE : ELSE));
      }
    }
    return lines.isEmpty() ? "" : "\n" + String.join("\n", lines);
  }

  private void claims() {
    List<ClaimKey> recreated = new ArrayList<>();
    for (int i = 0; i < look.members().size(); i++) {
      ClaimState member = look.members().get(i);
      String volume = unit.claims().get(i).volumeName();
      ClaimKey claim = member.record().claim();
      if (member.claim().isEmpty()) {
        recreate(i, claim, volume);
        recreated.add(claim);
        continue;
      }
      Claim seen = member.claim().get();
      Optional<String> why = why(member, seen, look.claims().get(i), volume);
      if (why.isPresent()) {
        missing.add("claim %s is bound to volume %s".formatted(claim, volume));
        lines.add(why.get() + ".");
      } else if (mayBeDeleted(seen)) {
        lines.add(
            "A request to delete claim %s may still be pending; a label on the claim prevents it from taking effect."
                .formatted(claim));
        commands.add(KubectlLines.label(claim, seen.version()));
      }
    }
    recreated.forEach(claim -> commands.add(KubectlLines.awaitBound(claim)));
  }

  /**
   * Returns whether a deletion by this or an earlier run, at the copied version, may be pending.
   */
  private boolean mayBeDeleted(Claim seen) {
    return inFlight.contains(seen.version()) || (seen.mark() == RequestMark.NEEDED && seen.kept());
  }

  private void recreate(int i, ClaimKey claim, String volume) {
    JsonNode object = look.volumes().get(i);
    Optional<ManifestCopy> copy = ManifestCopy.on(object, ManifestCopy.OF_CLAIM);
    String policy = KubeObject.of(object).reclaimPolicy();
    lines.add(
        "claim %s is deleted and not recreated. Its volume %s and the data still exist, with the reclaim policy %s%s."
            .formatted(
                claim,
                volume,
                policy,
                copy.isPresent()
                    ? ", and its manifest is in the volume's annotation " + ManifestCopy.OF_CLAIM
                    : ""));
    if (!policy.equals(RETAIN)) {
      commands.add(KubectlLines.policy(volume, RETAIN));
    }
    // the copy has the recorded direction, which this run may not have reversed yet
    List<String> modes =
        copy.map(made -> KubeObject.of(made.manifest()).accessModes())
            .filter(texts -> !texts.isEmpty())
            .orElseGet(() -> look.members().get(i).record().to());
    if (!isReleased(object, modes)) {
      // otherwise the volume would lose a claim that was bound after these lines were printed
      commands.add(
          String.join(
              NEXT_LINE + " ",
              KubectlLines.version(volume),
              KubectlTests.absent(claim),
              KubectlLines.release(volume, claim, "", modes)));
    }
    commands.add(
        copy.isPresent()
            ? create(volume, ManifestCopy.OF_CLAIM)
            : KubectlLines.createInOneLine(ClaimManifest.recreated(i, look)));
  }

  /** Returns whether the volume is released already; to write the same again could only do harm. */
  private static boolean isReleased(JsonNode volume, List<String> modes) {
    KubeObject now = KubeObject.of(volume);
    return now.claimRef().isObject()
        && now.claimRef().path("uid").asText("").isEmpty()
        && now.accessModes().equals(modes);
  }

  /** Adds tests that the claims are bound: that may have changed since these lines were printed. */
  private void testClaims() {
    for (int i = 0; i < look.members().size(); i++) {
      commands.add(
          KubectlTests.bound(
              look.members().get(i).record().claim(), unit.claims().get(i).volumeName()));
    }
  }

  private void set() {
    ObservedState.setCopyAt(look.volumes())
        .map(at -> unit.claims().get(at).volumeName())
        .ifPresent(
            volume -> {
              lines.add(
                  "%s is deleted and not recreated. Its manifest is in the annotation %s of volume %s."
                      .formatted(workload, ManifestCopy.OF_SET, volume));
              restoreSet(volume);
            });
  }

  /** Describes a StatefulSet in deletion: scaling has no effect, and no Pod runs afterwards. */
  private void goingSet() {
    ObjectKey key = unit.workload().orElseThrow();
    List<String> finalizers =
        look.object().map(json -> KubeObject.of(json).finalizers()).orElse(List.of());
    lines.add(
        "%s is being deleted, and waits for its finalizers: %s."
            .formatted(workload, String.join(", ", finalizers)));
    // the owner is deleting a StatefulSet that was recreated already
    ObservedState.setCopyAt(look.volumes())
        .filter(any -> look.workload().recreatable())
        .map(at -> unit.claims().get(at).volumeName())
        .ifPresent(
            volume -> {
              lines.add(
                  "Its manifest is in the annotation %s of volume %s."
                      .formatted(ManifestCopy.OF_SET, volume));
              if (missing.isEmpty()) {
                commands.add(KubectlLines.awaitGone(key));
              }
              restoreSet(volume);
            });
  }

  private void restoreSet(String volume) {
    if (missing.isEmpty()) {
      testClaims();
      commands.add(create(volume, ManifestCopy.OF_SET));
      return;
    }
    lines.add(
        "Do not recreate it before %s, because the data is on that volume."
            .formatted(String.join(", and ", missing)));
  }

  private void replicas() {
    int replicas = look.members().get(look.remembering().orElseThrow()).record().replicas();
    if (replicas == 0 || look.workload().seen().filter(seen -> seen.replicas() == 0).isEmpty()) {
      return;
    }
    if (missing.isEmpty()) {
      lines.add("%s is at 0 replicas.".formatted(workload));
      testClaims();
      commands.add(KubectlLines.scaleFromZero(unit.workload().orElseThrow(), replicas));
      return;
    }
    lines.add(
        "%s is at 0 replicas. Do not scale it up before %s, because the data is on that volume."
            .formatted(workload, String.join(", and ", missing)));
  }

  private static Optional<String> why(
      ClaimState member, Claim seen, Optional<JsonNode> object, String volume) {
    String claim = "claim " + member.record().claim();
    if (seen.going()) {
      return Optional.of(
          "%s is being deleted, and waits for its finalizers: %s"
              .formatted(
                  claim,
                  object
                      .map(json -> KubeObject.of(json).finalizers())
                      .map(finalizers -> String.join(", ", finalizers))
                      .orElse("")));
    }
    return seen.bound() && member.volumeClaimUid().equals(seen.version().uid())
        ? Optional.empty()
        : Optional.of("%s and volume %s are not bound to each other".formatted(claim, volume));
  }

  private static String create(String volume, String annotation) {
    return "%s | kubectl create -f -".formatted(KubectlLines.show(volume, annotation));
  }
}
