package io.rwopguard.migration;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.migration.checks.GitPatch;
import io.rwopguard.migration.checks.MigrationNotes;
import io.rwopguard.migration.checks.MigrationPreflight;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.execution.MigrationExecutor;
import io.rwopguard.migration.execution.MigrationLoop;
import io.rwopguard.migration.execution.MigrationObserver;
import io.rwopguard.migration.execution.PodTermination;
import io.rwopguard.migration.execution.RunLock;
import io.rwopguard.migration.kubectl.KubectlScript;
import io.rwopguard.migration.kubectl.Recovery;
import io.rwopguard.migration.plan.BusyException;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Simulation;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.migration.plan.Workload;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.scope.MigrationInProgress;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Recreates claims with another access mode, around their existing volumes. The cluster itself
 * shows the progress, so another run resumes an interrupted migration.
 */
public final class Migration {

  private final MigrationScope unit;
  private final MigrationContext around;
  private final MigrationObjects objects;
  private final MigrationObserver sight;
  private final MigrationExecutor acts;
  private final RunLock lock;
  private final boolean rollback;
  private final MigrationOptions options;
  private final InstantSource clock = InstantSource.system();
  private final List<String> problems = new ArrayList<>();
  private Optional<Duration> downtime = Optional.empty();

  private Migration(
      MigrationObjects objects, MigrationScope unit, boolean rollback, MigrationOptions options) {
    this.unit = unit;
    this.around = MigrationContext.of(objects, unit.claims().get(0).key().namespace());
    this.objects = objects;
    this.rollback = rollback;
    this.options = options;
    this.lock = new RunLock(options.takesOver(), clock);
    this.sight =
        new MigrationObserver(
            objects, new MigrationScopeResolver(objects), unit, options, rollback, lock, clock);
    this.acts = new MigrationExecutor(objects, unit, lock, options.snapshotClass());
  }

  /**
   * Reads a claim and the objects around it, and runs the preflight checks.
   *
   * @throws RefusedException with all problems found
   */
  public static Migration of(KubernetesClient client, ClaimKey claim, MigrationOptions options) {
    boolean rollback = options.rollback();
    MigrationObjects objects = new MigrationObjects(client);
    MigrationScope unit = new MigrationScopeResolver(objects).find(claim);
    // a rollback is never reversed
    boolean back =
        rollback
            || unit.claims().stream()
                .flatMap(part -> part.remembered().stream())
                .anyMatch(MigrationRecord::rollback);
    if (rollback && !unit.isUnderWay()) {
      throw nothingToUndo(claim);
    }
    Migration migration = new Migration(objects, unit, back, options);
    List<String> problems =
        new ArrayList<>(new MigrationPreflight(objects, options).problems(unit, migration.around));
    if (migration.sight.isWithoutAttachment()) {
      problems.addAll(migration.problemsOfPods());
    }
    if (options.snapshotClass().isPresent() && !objects.servesSnapshots()) {
      problems.add(
          "the cluster does not serve VolumeSnapshots. Install the CSI snapshot controller and its CRDs, or omit --snapshot and --snapshot-class.");
    }
    if (!unit.isUnderWay()) {
      migration.refuseIfBusy();
      if (!problems.isEmpty()) {
        throw new RefusedException(String.join("\n", problems));
      }
    }
    return migration.onResume(problems);
  }

  /** Returns the refusal to roll back a claim that no migration in progress has. */
  public static RefusedException nothingToUndo(ClaimKey claim) {
    return new RefusedException(
        "no migration of claim %s is in progress, and a completed migration cannot be rolled back. To return to ReadWriteOnce, follow the steps in docs/guides/migration.md manually."
            .formatted(claim));
  }

  /**
   * Refuses to resume a migration with problems, unless it can only be completed or undone. Changes
   * since its start are then no reason to leave it incomplete.
   */
  private Migration onResume(List<String> found) {
    if (found.isEmpty()) {
      return this;
    }
    ObservedState look = sight.look();
    if (!rollback && !look.isMoved()) {
      List<String> lines = new ArrayList<>(found);
      lines.add(
          "The migration was started at %s and remains in its current state. Fix this, then run the command again to resume, or with --rollback to roll back."
              .formatted(look.members().get(0).record().since()));
      throw new RefusedException(String.join("\n", lines) + Recovery.of(unit, look, Set.of()));
    }
    problems.addAll(found);
    return this;
  }

  /** Refuses a second migration of a workload: each would record the other's 0 as its replicas. */
  private void refuseIfBusy() {
    MigrationInProgress.ofSameWorkload(around.volumes(), unit)
        .ifPresent(
            record -> {
              throw new BusyException(
                  "a migration of claim %s is in progress, which %s also uses. Complete that migration first."
                      .formatted(record.claim(), unit.workload().orElseThrow()));
            });
  }

  private List<String> problemsOfPods() {
    return PodTermination.problems(sight.pods(), objects.unreadyNodes());
  }

  /** Returns the claims that are migrated together. */
  public List<ClaimKey> claims() {
    return unit.claims().stream().map(MigrationScope.BoundClaim::key).toList();
  }

  /** Returns the workload that uses the claims. */
  public Optional<ObjectKey> workload() {
    return unit.workload();
  }

  /** Returns whether the migration rolls back to the former access modes of the claims. */
  public boolean goesBack() {
    return rollback;
  }

  /** Returns whether the migration was started before. */
  public boolean isUnderWay() {
    return unit.isUnderWay();
  }

  /** Returns the steps that would be performed, in order, if nothing changes meanwhile. */
  public List<String> plan() {
    return steps(sight.look()).stream().map(this::text).toList();
  }

  /**
   * Returns the plan as kubectl commands, each with the step that it belongs to.
   *
   * @param kubeconfig the kubeconfig for the commands; empty for kubectl's default
   * @throws RefusedException if a step waits for something that kubectl cannot determine
   */
  public List<String> kubectl(Optional<Path> kubeconfig) {
    ObservedState look = sight.look();
    if (sight.isWithoutAttachment() && !look.isMoved() && mayRun(look.workload())) {
      throw new RefusedException(
          "kubectl cannot determine when the containers of %s have ended, because the driver of these volumes does not attach. Use --apply, which waits for that. Or scale the workload to 0 yourself, wait until its Pods are deleted while their nodes are Ready, and run this command again."
              .formatted(
                  look.workload().pods().isEmpty()
                      ? unit.workload().orElseThrow()
                      : "Pod " + String.join(", ", look.workload().pods())));
    }
    return new KubectlScript(unit, look, options.snapshotClass())
        .lines(steps(look), this::text, notes(), kubeconfig);
  }

  private static boolean mayRun(Workload workload) {
    return !workload.pods().isEmpty() || workload.seen().filter(seen -> !seen.isIdle()).isPresent();
  }

  private static List<NextStep> steps(ObservedState look) {
    return Simulation.steps(look.members(), look.workload());
  }

  /** Returns what the user has to know in addition to the plan. */
  public List<String> notes() {
    ObservedState look = sight.look();
    List<String> notes = new ArrayList<>(PlanNotes.of(unit, look, clock.instant()));
    notes.addAll(
        new MigrationNotes(around, unit, options.vouched())
            .all(look.members().get(0).record().to()));
    problems.forEach(problem -> notes.add("since the migration started: " + withoutStop(problem)));
    return notes;
  }

  private static String withoutStop(String problem) {
    return problem.endsWith(".") ? problem.substring(0, problem.length() - 1) : problem;
  }

  /** Returns the texts that change the access mode in git. */
  public String gitPatch() {
    return GitPatch.of(unit, around.workload(unit), sight.look().members().get(0).record().to());
  }

  /**
   * Performs the migration step by step. It observes the effect of each step before the next.
   *
   * @param patience the timeout for anything that other programs have to do
   * @throws RefusedException if something does not happen in time
   */
  public void apply(Consumer<String> progress, Duration patience) {
    MigrationLoop loop = new MigrationLoop(unit, objects, sight, acts, lock, this::text);
    try {
      loop.run(progress, patience);
    } finally {
      downtime = loop.downtime();
    }
  }

  /** Returns how long {@link #apply} scaled the workload to 0; empty if it did not. */
  public Optional<Duration> downtime() {
    return downtime;
  }

  /**
   * Estimates how long the workload will be unavailable, without the start of its new Pod. Empty if
   * it does not run.
   */
  public Optional<Duration> estimate() {
    return PlanNotes.downtime(sight.look());
  }

  private String text(NextStep next) {
    if (next instanceof NextStep.Waiting waiting) {
      return next.step().text(waiting.condition().text());
    }
    if (next instanceof NextStep.VolumeWrite write) {
      MigrationScope.BoundClaim part = unit.claims().get(write.member());
      return next.step().text(next.step() == Step.KEEP_CLAIM ? part.key() : part.volumeName());
    }
    if (next instanceof NextStep.ClaimWrite write) {
      return next.step().text(unit.claims().get(write.member()).key());
    }
    if (next instanceof NextStep.ClaimCreation creation) {
      return next.step().text(unit.claims().get(creation.member()).key());
    }
    if (next instanceof NextStep.SnapshotCreation creation) {
      return next.step().text(unit.claims().get(creation.member()).key());
    }
    return next.step().text(unit.workload().map(Object::toString).orElse("nothing"));
  }
}
