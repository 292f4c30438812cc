package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.Member.Claim;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says what a move has deleted and not made anew yet, and how to restore it by hand. */
final class Recovery {

  private Recovery() {}

  /** Returns lines to add to a message; empty if nothing is missing. */
  static String of(Unit unit, Look look) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < look.members().size(); i++) {
      Member member = look.members().get(i);
      if (member.claim().isEmpty() && Copy.on(look.volumes().get(i), Copy.OF_CLAIM).isPresent()) {
        String volume = unit.claims().get(i).volumeName();
        lines.add(
            "claim %s is deleted and not recreated; its volume %s and the data are there, with the reclaim policy Retain, and its manifest is in the volume's annotation %s. If the command cannot go on, restore it by:"
                .formatted(member.record().claim(), volume, Copy.OF_CLAIM));
        lines.add("  " + Kubectl.release(volume, member.record().claim(), member.record().to()));
        lines.add("  " + create(volume, Copy.OF_CLAIM));
      }
    }
    if (look.workload().seen().isEmpty() && look.workload().recreatable()) {
      for (int i = 0; i < look.volumes().size(); i++) {
        if (Copy.on(look.volumes().get(i), Copy.OF_SET).isPresent()) {
          String volume = unit.claims().get(i).volumeName();
          lines.add(
              "%s is deleted and not recreated; its manifest is in the annotation %s of volume %s. If the command cannot go on, restore it by:"
                  .formatted(
                      unit.workload().map(Object::toString).orElse("the StatefulSet"),
                      Copy.OF_SET,
                      volume));
          lines.add("  " + create(volume, Copy.OF_SET));
          break;
        }
      }
    }
    int replicas = look.members().get(0).record().replicas();
    boolean down = look.workload().seen().filter(seen -> seen.replicas() == 0).isPresent();
    if (look.remembering().isPresent() && down && replicas > 0 && lines.isEmpty()) {
      ObjectKey workload = unit.workload().orElseThrow();
      lines.addAll(inTheWay(unit, look));
      if (lines.isEmpty()) {
        lines.add(
            "%s is at 0 replicas. If the command cannot go on, start it by:".formatted(workload));
        lines.add("  " + Kubectl.scale(workload, replicas));
      }
    }
    return lines.isEmpty() ? "" : "\n" + String.join("\n", lines);
  }

  /**
   * Lists the claims without which the workload must not be scaled up: a StatefulSet's controller
   * would create a missing claim with a new, empty volume.
   */
  private static List<String> inTheWay(Unit unit, Look look) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < look.members().size(); i++) {
      Member member = look.members().get(i);
      String volume = unit.claims().get(i).volumeName();
      why(member, look.claims().get(i), volume)
          .ifPresent(
              why ->
                  lines.add(
                      "%s. %s is at 0 replicas: do not scale it up before claim %s is bound to volume %s, since the data is there."
                          .formatted(
                              why,
                              unit.workload().orElseThrow(),
                              member.record().claim(),
                              volume)));
    }
    return lines;
  }

  private static Optional<String> why(Member member, Optional<JsonNode> object, String volume) {
    String claim = "claim " + member.record().claim();
    if (member.claim().isEmpty()) {
      return Optional.of(claim + " does not exist");
    }
    Claim seen = member.claim().get();
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
    return "kubectl get pv %s -o jsonpath='{.metadata.annotations.%s}' | kubectl create -f -"
        .formatted(volume, annotation.replace(".", "\\."));
  }
}
