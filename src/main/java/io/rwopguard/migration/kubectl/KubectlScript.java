package io.rwopguard.migration.kubectl;

import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.model.ClaimKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Writes a whole migration as lines for a shell. */
public final class KubectlScript {

  private static final String BEGINNING = "the beginning";

  private static final String NO_RAW =
      "These lines delete with kubectl --raw, which ignores the path of the server URL before kubectl 1.34. Use kubectl 1.34 or later, or --apply";

  /** The steps that delete with kubectl --raw. */
  private static final Set<Step> DELETIONS = EnumSet.of(Step.DELETE_CLAIM, Step.DELETE_SET);

  private final MigrationScope unit;
  private final ObservedState look;
  private final Kubectl steps;
  private final KubectlAdvice advice;

  /**
   * Creates a script.
   *
   * @param look the observed state before the first step
   * @param snapshotClass the class of the snapshots to create first
   */
  public KubectlScript(MigrationScope unit, ObservedState look, Optional<String> snapshotClass) {
    this.unit = unit;
    this.look = look;
    this.steps = new Kubectl(unit, look, snapshotClass);
    this.advice = new KubectlAdvice(unit, look);
  }

  /**
   * Returns the lines, with each step's text before its commands.
   *
   * @param text the text of a step
   * @param notes the notes on the whole migration
   * @param kubeconfig the kubeconfig for the lines; empty for kubectl's default
   * @throws RefusedException if a step waits for something that kubectl cannot determine
   */
  public List<String> lines(
      List<NextStep> plan,
      Function<NextStep, String> text,
      List<String> notes,
      Optional<Path> kubeconfig) {
    List<String> lines = new ArrayList<>();
    // in a subshell, which ends with the first command that fails
    lines.add("(");
    lines.add("set -e");
    kubeconfig
        .map(file -> KubectlLines.quoted(file.toAbsolutePath().toString()))
        .ifPresent(file -> lines.add("export KUBECONFIG=" + file));
    before().ifPresent(was -> lines.add(KubectlLines.comment(was)));
    notes.forEach(note -> lines.add(KubectlLines.comment("Note: " + note)));
    lines.addAll(check());
    if (plan.stream().map(NextStep::step).anyMatch(DELETIONS::contains)) {
      lines.addAll(checkRaw());
    }
    for (NextStep next : plan) {
      List<String> commands = steps.of(next);
      if (!commands.isEmpty()) {
        String step = text.apply(next);
        lines.add(KubectlLines.comment(step));
        for (int i = 0; i < commands.size(); i++) {
          lines.add(KubectlLines.guarded(commands.get(i), step, advice.after(next, i == 0)));
        }
      }
    }
    lines.add(")");
    return lines;
  }

  /** Returns the former settings, which lines that are printed after a stop no longer know. */
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
    return tests.stream()
        .map(test -> KubectlLines.guarded(test, BEGINNING, KubectlAdvice.PRINT_AGAIN))
        .toList();
  }

  private List<String> checkRaw() {
    return unit.claims().stream()
        .filter(part -> part.claim().isPresent())
        .map(part -> Kubectl.pathOfClaims(part.key()) + "/" + part.key().name())
        .map(path -> KubectlLines.guarded(KubectlLines.raw(path), BEGINNING, NO_RAW))
        .toList();
  }
}
