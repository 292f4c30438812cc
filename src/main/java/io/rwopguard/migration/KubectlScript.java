package io.rwopguard.migration;

import io.rwopguard.workload.ClaimKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A whole move as lines for a shell. */
final class KubectlScript {

  private final Unit unit;
  private final Look look;
  private final Kubectl steps;

  /**
   * Creates one.
   *
   * @param look before the first step
   * @param snapshotClass of snapshots to make before
   */
  KubectlScript(Unit unit, Look look, Optional<String> snapshotClass) {
    this.unit = unit;
    this.look = look;
    this.steps = new Kubectl(unit, look, snapshotClass);
  }

  /**
   * Returns the lines, with each step's text before its commands.
   *
   * @param text of a step
   * @param notes on the whole
   * @param kubeconfig that the lines are to use; empty for kubectl's own choice
   * @throws RefusedException if something is to be waited for that kubectl cannot tell
   */
  List<String> lines(
      List<Next> plan, Function<Next, String> text, List<String> notes, Optional<Path> kubeconfig) {
    List<String> lines = new ArrayList<>();
    // in a shell of its own, which ends with the first command that fails
    lines.add("(");
    lines.add("set -e");
    kubeconfig
        .map(file -> KubectlLines.quoted(file.toAbsolutePath().toString()))
        .ifPresent(file -> lines.add("export KUBECONFIG=" + file));
    before().ifPresent(was -> lines.add(KubectlLines.comment(was)));
    notes.forEach(note -> lines.add(KubectlLines.comment("Note: " + note)));
    lines.addAll(check());
    for (Next next : plan) {
      List<String> commands = steps.of(next, text.apply(next));
      if (!commands.isEmpty()) {
        lines.add(KubectlLines.comment(text.apply(next)));
        lines.addAll(commands);
      }
    }
    lines.add(")");
    return lines;
  }

  /** Says what lines that are printed again after a stop cannot know any more. */
  private Optional<String> before() {
    List<String> all = new ArrayList<>();
    unit.workload()
        .filter(key -> look.members().get(0).record().replicas() > 0)
        .ifPresent(
            key ->
                all.add(
                    "%s has %d replicas"
                        .formatted(key, look.members().get(0).record().replicas())));
    for (int i = 0; i < unit.claims().size(); i++) {
      String volume = unit.claims().get(i).volumeName();
      look.members()
          .get(i)
          .record()
          .policy()
          .ifPresent(
              policy -> all.add("volume %s has the reclaim policy %s".formatted(volume, policy)));
    }
    return all.isEmpty() ? Optional.empty() : Optional.of("Before: " + String.join(", ", all));
  }

  /** Returns tests that fail if anything was changed between the printing and the pasting. */
  private List<String> check() {
    List<String> tests = new ArrayList<>(steps.testsOfWorkload());
    for (int i = 0; i < unit.claims().size(); i++) {
      ClaimKey claim = unit.claims().get(i).key();
      tests.add(
          look.claims()
              .get(i)
              .map(seen -> KubectlTests.same(claim, seen))
              .orElseGet(() -> KubectlTests.absent(claim)));
    }
    unit.claims().stream()
        .filter(part -> part.claim().isPresent())
        .map(part -> Kubectl.pathOfClaims(part.key()) + "/" + part.key().name())
        .forEach(path -> tests.add(KubectlLines.raw(path)));
    return tests.stream()
        .map(test -> KubectlLines.guarded("the beginning", List.of(test), List.of()))
        .toList();
  }
}
