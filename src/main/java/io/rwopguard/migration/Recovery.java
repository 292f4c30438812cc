package io.rwopguard.migration;

import java.util.ArrayList;
import java.util.List;

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
        lines.add("  " + Kubectl.release(volume, member.record().to()));
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
      String kubectl = Kubectl.scale(unit.workload().orElseThrow(), replicas);
      lines.add(
          "%s is at 0 replicas. If the command cannot go on, start it by:"
              .formatted(unit.workload().orElseThrow()));
      lines.add("  " + kubectl);
    }
    return lines.isEmpty() ? "" : "\n" + String.join("\n", lines);
  }

  private static String create(String volume, String annotation) {
    return "kubectl get pv %s -o jsonpath='{.metadata.annotations.%s}' | kubectl create -f -"
        .formatted(volume, annotation.replace(".", "\\."));
  }
}
