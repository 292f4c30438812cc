package io.rwopguard.migration.plan;

import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.ClaimState.Snapshot;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.ObjectVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Simulates a migration, with all other programs acting as expected, to print a plan. */
public final class Simulation {

  private final List<ClaimState> members;
  private Workload workload;
  private int version;

  Simulation(List<ClaimState> members, Workload workload) {
    this.members = new ArrayList<>(members);
    this.workload = workload;
  }

  /** Returns all steps to the end, as far as they can be predicted. */
  public static List<NextStep> steps(List<ClaimState> members, Workload workload) {
    List<NextStep> steps = new ArrayList<>();
    Simulation simulation = new Simulation(members, workload);
    NextStep next = simulation.next();
    int most = 100 + 20 * members.size();
    while (next.step() != Step.DONE) {
      if (steps.size() > most) {
        throw new IllegalStateException("the plan does not end: " + steps.subList(most - 10, most));
      }
      steps.add(next);
      simulation.does(next);
      next = simulation.next();
    }
    return steps;
  }

  List<ClaimState> members() {
    return List.copyOf(members);
  }

  Workload workload() {
    return workload;
  }

  NextStep next() {
    return MigrationPlanner.next(members, workload);
  }

  private ObjectVersion changed(ObjectVersion before) {
    version++;
    return new ObjectVersion(before.uid(), "simulated-" + version);
  }

  private ObjectVersion created() {
    version++;
    return new ObjectVersion("new-" + version, "simulated-" + version);
  }

  void does(NextStep next) {
    if (next instanceof NextStep.VolumeWrite write) {
      members.set(write.member(), ofVolume(write.step(), members.get(write.member())));
      if (write.step() == Step.KEEP_SET) {
        workload = with(workload.seen().map(seen -> kept(seen)), true, Optional.empty());
      }
      if (write.step() == Step.NOTE_SET) {
        workload = with(workload.seen(), false, Optional.empty());
      }
    } else if (next instanceof NextStep.ClaimWrite write) {
      ClaimState member = members.get(write.member());
      members.set(
          write.member(),
          with(member, member.claim().flatMap(claim -> ofClaim(write.step(), claim))));
    } else if (next instanceof NextStep.ClaimCreation creation) {
      ClaimState member = members.get(creation.member());
      Claim claim =
          new Claim(
              created(),
              member.record().to(),
              false,
              false,
              false,
              false,
              false,
              RequestMark.NOT_NEEDED,
              Snapshot.NOT_WANTED);
      members.set(creation.member(), with(member, Optional.of(claim)));
    } else if (next instanceof NextStep.SnapshotCreation creation) {
      ClaimState member = members.get(creation.member());
      members.set(
          creation.member(), with(member, member.claim().map(c -> with(c, Snapshot.PENDING))));
    } else if (next instanceof NextStep.WorkloadWrite write) {
      workload =
          with(
              workload.seen().flatMap(seen -> ofWorkload(write.step(), seen)),
              workload.recreatable(),
              workload.unnoted());
    } else if (next instanceof NextStep.SetCreation) {
      workload =
          with(
              Optional.of(
                  new Seen(created(), false, 0, true, false, false, RequestMark.NOT_NEEDED)),
              true,
              Optional.of(0));
    } else if (next instanceof NextStep.Waiting) {
      waits();
    }
  }

  private int replicas() {
    return members.get(0).record().replicas();
  }

  private ClaimState ofVolume(Step step, ClaimState m) {
    return new ClaimState(
        m.record(),
        changed(m.volume()),
        step != Step.FINISH && (m.remembered() || step == Step.RECORD),
        step != Step.FINISH && (m.recorded() || step == Step.RECORD),
        step == Step.RETAIN || (step != Step.FINISH && m.retained()),
        step == Step.RELEASE ? m.record().to() : m.volumeModes(),
        step == Step.RELEASE ? m.wantedClaimUid() : m.volumeClaimUid(),
        step == Step.KEEP_CLAIM
            ? m.claim().map(c -> with(c, c.version(), c.bound(), true, c.returned(), c.mark()))
            : m.claim());
  }

  private Optional<Claim> ofClaim(Step step, Claim c) {
    return switch (step) {
      case DELETE_CLAIM -> Optional.empty();
      case MARK_CLAIM ->
          Optional.of(with(c, changed(c.version()), c.bound(), false, false, RequestMark.SET));
      case UNMARK_CLAIM ->
          Optional.of(
              with(
                  c, changed(c.version()), c.bound(), false, c.returned(), RequestMark.NOT_NEEDED));
      case RETURN_CLAIM ->
          Optional.of(with(c, changed(c.version()), c.bound(), false, true, c.mark()));
      default -> throw new IllegalStateException(step.toString());
    };
  }

  private Optional<Seen> ofWorkload(Step step, Seen s) {
    return switch (step) {
      case DELETE_SET -> Optional.empty();
      case MARK_WORKLOAD -> Optional.of(with(s, s.replicas(), false, RequestMark.SET));
      case UNMARK_WORKLOAD ->
          Optional.of(with(s, s.replicas(), s.returned(), RequestMark.NOT_NEEDED));
      case SCALE_DOWN -> Optional.of(with(s, 0, false, s.mark()));
      case SCALE_UP -> Optional.of(with(s, replicas(), false, s.mark()));
      case RETURN_WORKLOAD -> Optional.of(with(s, s.replicas(), true, s.mark()));
      default -> throw new IllegalStateException(step.toString());
    };
  }

  private void waits() {
    if (members.stream().anyMatch(Simulation::isPending)) {
      members.replaceAll(
          m -> isPending(m) ? with(m, m.claim().map(c -> with(c, Snapshot.READY))) : m);
      return;
    }
    workload =
        new Workload(
            workload.seen().filter(seen -> !seen.going()),
            List.of(),
            false,
            Optional.empty(),
            workload.recreatable(),
            workload.unnoted());
    members.replaceAll(
        m -> {
          Optional<Claim> claim = m.claim().filter(each -> !each.going());
          return new ClaimState(
              m.record(),
              m.volume(),
              m.remembered(),
              m.recorded(),
              m.retained(),
              m.volumeModes(),
              claim.map(each -> each.version().uid()).orElse(m.volumeClaimUid()),
              claim.map(c -> with(c, c.version(), true, c.kept(), c.returned(), c.mark())));
        });
  }

  private static Claim with(
      Claim c,
      ObjectVersion version,
      boolean bound,
      boolean kept,
      boolean returned,
      RequestMark mark) {
    return new Claim(
        version,
        c.modes(),
        c.going(),
        bound,
        c.settled() || bound,
        kept,
        returned,
        mark,
        c.snapshot());
  }

  private static Claim with(Claim c, Snapshot snapshot) {
    return new Claim(
        c.version(),
        c.modes(),
        c.going(),
        c.bound(),
        c.settled(),
        c.kept(),
        c.returned(),
        c.mark(),
        snapshot);
  }

  private static boolean isPending(ClaimState member) {
    return member.claim().filter(each -> each.snapshot() == Snapshot.PENDING).isPresent();
  }

  private static ClaimState with(ClaimState m, Optional<Claim> claim) {
    return new ClaimState(
        m.record(),
        m.volume(),
        m.remembered(),
        m.recorded(),
        m.retained(),
        m.volumeModes(),
        m.volumeClaimUid(),
        claim);
  }

  private Seen with(Seen s, int replicas, boolean returned, RequestMark mark) {
    return new Seen(
        changed(s.version()), s.going(), replicas, s.templateFits(), false, returned, mark);
  }

  private static Seen kept(Seen s) {
    return new Seen(
        s.version(), s.going(), s.replicas(), s.templateFits(), true, s.returned(), s.mark());
  }

  private Workload with(Optional<Seen> seen, boolean recreatable, Optional<Integer> unnoted) {
    return new Workload(
        seen, workload.pods(), workload.attached(), workload.unended(), recreatable, unnoted);
  }
}
