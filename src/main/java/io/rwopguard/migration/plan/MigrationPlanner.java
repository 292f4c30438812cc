package io.rwopguard.migration.plan;

import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.ClaimState.Snapshot;
import io.rwopguard.migration.plan.NextStep.ClaimCreation;
import io.rwopguard.migration.plan.NextStep.ClaimWrite;
import io.rwopguard.migration.plan.NextStep.Done;
import io.rwopguard.migration.plan.NextStep.SetCreation;
import io.rwopguard.migration.plan.NextStep.SnapshotCreation;
import io.rwopguard.migration.plan.NextStep.VolumeWrite;
import io.rwopguard.migration.plan.NextStep.Waiting;
import io.rwopguard.migration.plan.NextStep.WorkloadWrite;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.MigrationRecord;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Decides the next step to recreate claims with other access modes, from the observed state alone.
 * So another run resumes an interrupted migration, and a rollback is the same with other modes.
 */
final class MigrationPlanner {

  private MigrationPlanner() {}

  /** Returns the next step. */
  static NextStep next(List<ClaimState> members, Workload workload) {
    // a run that resumes the migration has to know its direction and the run that performs it
    Optional<NextStep> taken =
        first(members, Step.RECORD, each -> each.remembered() && !each.recorded());
    if (taken.isPresent()) {
      return taken.get();
    }
    return members.stream().allMatch(ClaimState::isThere)
        ? finish(members, workload)
        : prepare(members, workload).orElseGet(() -> move(members));
  }

  private static Optional<NextStep> first(
      List<ClaimState> members, Step step, Predicate<ClaimState> applies) {
    for (int i = 0; i < members.size(); i++) {
      if (applies.test(members.get(i))) {
        return Optional.of(new VolumeWrite(step, i, members.get(i).volume()));
      }
    }
    return Optional.empty();
  }

  /** Returns a step that labels an object, so that no pending request of an earlier run applies. */
  private static Optional<NextStep> mark(List<ClaimState> members, Workload workload) {
    for (int i = 0; i < members.size(); i++) {
      Optional<Claim> claim =
          members.get(i).claim().filter(each -> each.mark() == RequestMark.NEEDED);
      if (claim.isPresent()) {
        return Optional.of(new ClaimWrite(Step.MARK_CLAIM, i, claim.get().version()));
      }
    }
    return workload
        .seen()
        .filter(seen -> seen.mark() == RequestMark.NEEDED)
        .map(seen -> new WorkloadWrite(Step.MARK_WORKLOAD, seen.version()));
  }

  /** Returns a step before the deletion, until all volumes are retained and no Pod uses them. */
  private static Optional<NextStep> prepare(List<ClaimState> members, Workload workload) {
    return first(members, Step.RECORD, each -> !each.recorded())
        .or(() -> mark(members, workload))
        // otherwise a request of an earlier run could create it, with Pods, during the migration
        .or(
            () ->
                workload.seen().isEmpty() && workload.recreatable()
                    ? Optional.of(new SetCreation())
                    : note(members, workload))
        .or(() -> first(members, Step.RETAIN, each -> !each.retained()))
        .or(() -> snapshots(members))
        .or(
            () ->
                workload
                    .seen()
                    .filter(seen -> seen.replicas() > 0)
                    .map(seen -> new WorkloadWrite(Step.SCALE_DOWN, seen.version())))
        .or(
            () ->
                workload.pods().isEmpty()
                    ? Optional.empty()
                    : waiting(new Wait.PodsEnded(workload.pods())))
        .or(() -> workload.attached() ? waiting(new Wait.Detached()) : Optional.empty())
        .or(() -> workload.unended().map(Waiting::new));
  }

  /** Returns a step for the snapshots, while the workload still runs, so they cost no downtime. */
  private static Optional<NextStep> snapshots(List<ClaimState> members) {
    for (int i = 0; i < members.size(); i++) {
      ClaimState member = members.get(i);
      Snapshot snapshot = member.claim().map(Claim::snapshot).orElse(Snapshot.NOT_WANTED);
      if (!member.isThere() && snapshot == Snapshot.MISSING) {
        return Optional.of(new SnapshotCreation(i));
      }
    }
    for (ClaimState member : members) {
      if (!member.isThere()
          && member.claim().filter(each -> each.snapshot() == Snapshot.PENDING).isPresent()) {
        return waiting(
            new Wait.SnapshotReady(member.record().claim(), member.record().snapshotName()));
      }
    }
    return Optional.empty();
  }

  private static Optional<NextStep> waiting(Wait condition) {
    return Optional.of(new Waiting(condition));
  }

  private static NextStep move(List<ClaimState> members) {
    for (int i = 0; i < members.size(); i++) {
      if (!members.get(i).isThere()) {
        return move(i, members.get(i));
      }
    }
    return new Done();
  }

  private static NextStep move(int i, ClaimState member) {
    List<String> to = member.record().to();
    Optional<Claim> claim = member.claim();
    if (claim.filter(Claim::going).isPresent()) {
      return new Waiting(new Wait.ClaimDeleted(member.record().claim()));
    }
    if (claim.isPresent() && !claim.get().modes().equals(to)) {
      return claim.get().kept()
          ? new ClaimWrite(Step.DELETE_CLAIM, i, claim.get().version())
          : new VolumeWrite(Step.KEEP_CLAIM, i, member.volume());
    }
    boolean another = !member.volumeClaimUid().equals(member.wantedClaimUid());
    if (!member.volumeModes().equals(to) || another) {
      return new VolumeWrite(Step.RELEASE, i, member.volume());
    }
    return claim.isPresent()
        ? new Waiting(new Wait.ClaimBound(member.record().claim()))
        : new ClaimCreation(i);
  }

  private static NextStep finish(List<ClaimState> members, Workload workload) {
    if (members.stream().noneMatch(ClaimState::remembered)) {
      return new Done();
    }
    return mark(members, workload)
        .or(() -> restart(members, workload))
        .or(() -> unmark(members, workload))
        .or(() -> returned(members, workload))
        // from here on, the deletion of a claim deletes its data
        .or(() -> first(members, Step.FINISH, ClaimState::remembered))
        .orElseGet(Done::new);
  }

  /** Returns a step that records a recreated StatefulSet, so that a later deletion is respected. */
  private static Optional<NextStep> note(List<ClaimState> members, Workload workload) {
    return workload
        .seen()
        .flatMap(any -> workload.unnoted())
        .map(i -> new VolumeWrite(Step.NOTE_SET, i, members.get(i).volume()));
  }

  private static Optional<NextStep> returned(List<ClaimState> members, Workload workload) {
    for (int i = 0; i < members.size(); i++) {
      Claim claim = members.get(i).claim().orElseThrow();
      if (!claim.returned()) {
        return Optional.of(new ClaimWrite(Step.RETURN_CLAIM, i, claim.version()));
      }
    }
    return workload
        .seen()
        .filter(seen -> !seen.returned())
        .map(seen -> new WorkloadWrite(Step.RETURN_WORKLOAD, seen.version()));
  }

  private static Optional<NextStep> unmark(List<ClaimState> members, Workload workload) {
    for (int i = 0; i < members.size(); i++) {
      Claim claim = members.get(i).claim().orElseThrow();
      if (claim.mark() == RequestMark.SET) {
        return Optional.of(new ClaimWrite(Step.UNMARK_CLAIM, i, claim.version()));
      }
    }
    return workload
        .seen()
        .filter(seen -> seen.mark() == RequestMark.SET)
        .map(seen -> new WorkloadWrite(Step.UNMARK_WORKLOAD, seen.version()));
  }

  private static Optional<NextStep> restart(List<ClaimState> members, Workload workload) {
    MigrationRecord record =
        members.stream().filter(ClaimState::remembered).findFirst().orElseThrow().record();
    if (workload.seen().isEmpty()) {
      // a StatefulSet that another client deleted is not recreated
      return workload.recreatable() ? Optional.of(new SetCreation()) : Optional.empty();
    }
    Seen seen = workload.seen().get();
    if (seen.going()) {
      return waiting(new Wait.WorkloadDeleted(record.workload().orElseThrow()));
    }
    if (!seen.templateFits()) {
      return seen.kept()
          ? Optional.of(new WorkloadWrite(Step.DELETE_SET, seen.version()))
          : first(members, Step.KEEP_SET, ClaimState::remembered);
    }
    Optional<NextStep> note = note(members, workload);
    if (note.isPresent()) {
      return note;
    }
    return seen.replicas() == 0 && record.replicas() > 0
        ? Optional.of(new WorkloadWrite(Step.SCALE_UP, seen.version()))
        : Optional.empty();
  }
}
