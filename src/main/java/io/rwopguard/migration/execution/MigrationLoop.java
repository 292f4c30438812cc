package io.rwopguard.migration.execution;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.migration.cluster.FieldManagers;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.kubectl.KubectlLines;
import io.rwopguard.migration.kubectl.Recovery;
import io.rwopguard.migration.plan.BusyException;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.ObjectVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** Performs the steps of a migration one after the other, each decided on a new observation. */
public final class MigrationLoop {

  private static final Duration PAUSE = Duration.ofMillis(500);

  /** The limit of scale-downs. A client that scales a workload up this often will do it again. */
  private static final int SCALED_DOWN_AT_MOST = 3;

  /** The limit of returns, since a client may write each time under another manager's name. */
  private static final int RETURNED_AT_MOST = 10;

  private static final int GONE = 404;
  private static final int CONFLICT = 409;
  private static final int UNPROCESSABLE = 422;

  private final MigrationScope unit;
  private final ConcurrentMigrations rivals;
  private final DryRuns trials;
  private final MigrationObserver sight;
  private final MigrationExecutor acts;
  private final RunLock lock;
  private final Function<NextStep, String> texts;

  /** The last answer of the API server that refused the current step. */
  private String refusal = "";

  private String trouble = "";

  private OptionalLong downSince = OptionalLong.empty();
  private Optional<Duration> downtime = Optional.empty();
  private final Map<String, Integer> returned = new HashMap<>();
  private int scaledDown;
  private final StepCounter repeats = new StepCounter();
  private boolean tried;

  private boolean hasWritten;

  /** Whether a write was sent after {@link #last}, which then does not show its effect. */
  private boolean hasWrittenSince;

  /** The claims whose deletion was requested without an answer. */
  private final Set<ObjectVersion> inFlight = new HashSet<>();

  private String scaledBy = "";
  private ObservedState last;
  private NextStep next;

  /**
   * Creates the loop of a migration.
   *
   * @param texts the texts of the steps, for the progress
   */
  public MigrationLoop(
      MigrationScope unit,
      MigrationObjects objects,
      MigrationObserver sight,
      MigrationExecutor acts,
      RunLock lock,
      Function<NextStep, String> texts) {
    this.unit = unit;
    this.rivals = new ConcurrentMigrations(objects, unit);
    this.trials = new DryRuns(unit, objects.writes());
    this.sight = sight;
    this.acts = acts;
    this.lock = lock;
    this.texts = texts;
  }

  /**
   * Performs steps until none is left.
   *
   * @throws RefusedException if something does not happen in time; it says what is deleted and how
   *     to restore it
   */
  public void run(Consumer<String> progress, Duration patience) {
    try {
      loop(progress, new StepTimeout(patience));
    } catch (BusyException e) {
      throw e;
    } catch (RefusedException e) {
      throw new RefusedException(e.getMessage() + recovery());
    } catch (KubernetesClientException e) {
      if (!hasWritten && !unit.isUnderWay()) {
        throw e;
      }
      throw new RefusedException(
          "the migration is not complete, because a request to the API server failed: %s. Run the command again to resume, or with --rollback to roll back.%s"
              .formatted(ConditionLog.textOf(e), recovery()));
    }
  }

  private void loop(Consumer<String> progress, StepTimeout patience) {
    String saidLast = "";
    while (true) {
      if (!hasLooked(progress, patience)) {
        continue;
      }
      sight
          .scaledToZero()
          .filter(said -> !said.equals(scaledBy))
          .ifPresent(
              said -> {
                scaledBy = said;
                progress.accept(said);
              });
      if (next.step() == Step.DONE) {
        if (!scaledBy.isEmpty() && last.workload().seen().filter(Seen::isIdle).isPresent()) {
          progress.accept(scaledBy);
        }
        return;
      }
      refuseNewMove();
      if (!tried) {
        progress.accept(
            "test by dry runs whether the API server would recreate the objects to delete");
        trials.all(last);
        tried = true;
      }
      if (lock.isDue() && last.remembering().isPresent() && prolong()) {
        continue;
      }
      String text = texts.apply(next);
      if (!text.equals(saidLast)) {
        progress.accept(text);
        saidLast = text;
        refusal = "";
      }
      patience.begins(text);
      if (next.step() != Step.WAIT && attempt(progress)) {
        trouble = "";
        if (repeats.count(next.step(), text) <= StepCounter.WITHOUT_PAUSE) {
          patience.goesOn();
          continue;
        }
        refusal = " (another client reverted it each time)";
      }
      patience.check(next, last, text, refusal);
      pause();
    }
  }

  /**
   * Observes the cluster. Returns false if the API server does not answer after the first write,
   * since it may answer a moment later.
   */
  private boolean hasLooked(Consumer<String> progress, StepTimeout patience) {
    try {
      last = sight.look();
      hasWrittenSince = false;
      next = rivals.next(last);
      patience.isAnswered();
      return true;
    } catch (KubernetesClientException e) {
      if (!hasWritten) {
        throw e;
      }
      patience.fails(e);
      say(progress, StepTimeout.said(e));
      pause();
      return false;
    }
  }

  private void say(Consumer<String> progress, String text) {
    if (!text.equals(trouble)) {
      trouble = text;
      progress.accept(text);
    }
  }

  /** Refuses to start again: if a volume that this run held has no record, the migration ended. */
  private void refuseNewMove() {
    boolean startsOver =
        next.step() == Step.RECORD && last.remembering().isEmpty() && lock.wasAtWork();
    if (lock.isLost() || startsOver) {
      throw new RefusedException(
          "the migration has ended, and another run or client has changed claims or volumes since. This run stops, and none of its pending requests can take effect. Run the command without --apply to see the current state.");
    }
  }

  private static void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException("interrupted. Run the command again to resume.");
    }
  }

  /** Renews the term; returns false if that failed. The next step then reports any obstacle. */
  private boolean prolong() {
    try {
      acts.prolong(last);
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT && e.getCode() != UNPROCESSABLE && !StepTimeout.isOfAMoment(e)) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Performs a step; returns false if an object changed, a quota is outdated, or no answer came.
   */
  private boolean attempt(Consumer<String> progress) {
    if (isReturn(next)) {
      int times = returned.merge(versionOf(next).uid(), 1, Integer::sum);
      if (times > RETURNED_AT_MOST) {
        // returning the fields only spares the next server-side apply a conflict
        sight.keepFields(versionOf(next));
        return true;
      }
    }
    if (next.step() == Step.SCALE_DOWN) {
      if (scaledDown >= SCALED_DOWN_AT_MOST) {
        throw new RefusedException(
            "%s was scaled to 0 %d times, and another client scaled it up again each time (%s). Stop that client, then run the command again."
                .formatted(
                    unit.workload().orElseThrow(),
                    SCALED_DOWN_AT_MOST,
                    FieldManagers.namesOfReplicas(last.object().orElseThrow())));
      }
    }
    // a request without an answer may have taken effect as well
    boolean first = !hasWritten;
    try {
      trials.before(next, last);
      hasWritten = true;
      hasWrittenSince = true;
      acts.act(next, last);
      done(next);
      return true;
    } catch (KubernetesClientException e) {
      // for a patch, these codes mean that the version has changed; for a creation, they are final
      boolean changed = (e.getCode() == UNPROCESSABLE || e.getCode() == GONE) && !isCreation(next);
      if (e.getCode() == GONE && isCreation(next) && !(next instanceof NextStep.SnapshotCreation)) {
        throw new RefusedException(goneNamespace(e));
      }
      // after a request without an answer, the next observation shows whether it took effect
      boolean moment = StepTimeout.isOfAMoment(e);
      if (e.getCode() == CONFLICT || changed || moment || DryRuns.isQuota(e)) {
        refusal = " (" + DryRuns.said(e) + ")";
        if (moment) {
          // only for the deletion, not for the dry run before it
          if (hasWrittenSince
              && next instanceof NextStep.ClaimWrite write
              && next.step() == Step.DELETE_CLAIM) {
            inFlight.add(write.claim());
          }
          say(progress, StepTimeout.said(e));
        }
        return false;
      }
      // a first write that was refused left everything as it was
      hasWritten = !first || e.getCode() / 100 != 4;
      throw e;
    }
  }

  private String goneNamespace(KubernetesClientException e) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s: the claims cannot be created there. Create the namespace again, and run the command again. Or, if you no longer need the data under these names, abandon the migration:"
            .formatted(DryRuns.said(e)));
    last.volumes().forEach(volume -> lines.add("  " + KubectlLines.abandon(volume)));
    return String.join("\n", lines);
  }

  private void done(NextStep next) {
    scaledDown += next.step() == Step.SCALE_DOWN ? 1 : 0;
    if (next.step() == Step.SCALE_DOWN && downSince.isEmpty()) {
      downSince = OptionalLong.of(System.nanoTime());
    }
    if (next.step() == Step.SCALE_UP && downSince.isPresent()) {
      downtime = Optional.of(Duration.ofNanos(System.nanoTime() - downSince.getAsLong()));
    }
  }

  /** Returns how long the workload was scaled to 0; empty if it was not, or still is. */
  public Optional<Duration> downtime() {
    return downtime;
  }

  private static boolean isCreation(NextStep next) {
    return next instanceof NextStep.ClaimCreation
        || next instanceof NextStep.SetCreation
        || next instanceof NextStep.SnapshotCreation;
  }

  private static boolean isReturn(NextStep next) {
    return next.step() == Step.RETURN_CLAIM || next.step() == Step.RETURN_WORKLOAD;
  }

  private static ObjectVersion versionOf(NextStep next) {
    return next instanceof NextStep.ClaimWrite write
        ? write.claim()
        : ((NextStep.WorkloadWrite) next).workload();
  }

  /** Returns what is deleted and not recreated, and how to restore it manually. */
  private String recovery() {
    if (last == null) {
      return "";
    }
    try {
      last = sight.lookBack();
    } catch (RefusedException e) {
      // another run, or another volume: advice from the last observation would do harm now
      return "";
    } catch (KubernetesClientException e) {
      // lines from an older observation may start the workload without its claim
      if (hasWrittenSince || !lock.isWithinTerm()) {
        return "\nThe API server does not answer, so it is unknown what is deleted and not recreated. Do not scale the workload up before its claims are bound to their volumes. Run the command without --apply when the API server answers.";
      }
    }
    return Recovery.of(unit, last, inFlight);
  }
}
