package io.rwopguard.migration;

import io.rwopguard.migration.MigrationPlanner.Member;
import io.rwopguard.migration.MigrationPlanner.Next;
import io.rwopguard.migration.MigrationPlanner.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Plays the steps of a move through, with everybody doing what is expected, to print a plan. */
final class Simulation {

  private static final String NEW_UID = "new";

  private final List<Member> members;
  private Optional<Workload> workload;

  Simulation(List<Member> members, Optional<Workload> workload) {
    this.members = new ArrayList<>(members);
    this.workload = workload;
  }

  List<Member> members() {
    return List.copyOf(members);
  }

  Optional<Workload> workload() {
    return workload;
  }

  Next next() {
    return MigrationPlanner.next(members, workload);
  }

  void does(Next next) {
    switch (next.step()) {
      case WAIT -> waits();
      case SCALE_DOWN -> workload = workload.map(w -> with(w, true, 0, w.pods(), w.templateFits()));
      case SCALE_UP ->
          workload =
              workload.map(w -> with(w, true, members.get(0).record().replicas(), List.of(), true));
      case DELETE_SET -> workload = workload.map(w -> with(w, false, 0, List.of(), true));
      case CREATE_SET ->
          workload =
              workload.map(w -> with(w, true, members.get(0).record().replicas(), List.of(), true));
      case DONE -> {}
      default -> members.set(next.member(), does(next, members.get(next.member())));
    }
  }

  private void waits() {
    workload =
        workload.map(
            w -> new Workload(w.there(), false, w.replicas(), List.of(), false, w.templateFits()));
    members.replaceAll(
        m ->
            m.claimGoing()
                ? gone(m)
                : new Member(
                    m.record(),
                    m.remembered(),
                    m.recorded(),
                    m.retained(),
                    m.policyRestored(),
                    m.volumeModes(),
                    m.claimUid().isEmpty() ? m.volumeClaimUid() : m.claimUid(),
                    m.claimUid(),
                    m.claimModes(),
                    false,
                    !m.claimUid().isEmpty()));
  }

  private static Workload with(
      Workload workload, boolean there, int replicas, List<String> pods, boolean fits) {
    return new Workload(there, false, replicas, pods, workload.attached(), fits);
  }

  private static Member gone(Member m) {
    return new Member(
        m.record(),
        m.remembered(),
        m.recorded(),
        m.retained(),
        m.policyRestored(),
        m.volumeModes(),
        m.volumeClaimUid(),
        "",
        List.of(),
        false,
        false);
  }

  private static Member does(Next next, Member m) {
    MigrationRecord record = m.record();
    boolean remembered = m.remembered();
    boolean recorded = m.recorded();
    boolean retained = m.retained();
    boolean restored = m.policyRestored();
    List<String> volumeModes = m.volumeModes();
    String volumeClaimUid = m.volumeClaimUid();
    String claimUid = m.claimUid();
    List<String> claimModes = m.claimModes();
    boolean bound = m.bound();
    switch (next.step()) {
      case RECORD -> {
        remembered = true;
        recorded = true;
      }
      case RETAIN -> {
        retained = true;
        restored = record.policy().map("Retain"::equals).orElse(true);
      }
      case DELETE_CLAIM -> {
        claimUid = "";
        claimModes = List.of();
        bound = false;
      }
      case RELEASE -> {
        volumeModes = record.to();
        volumeClaimUid = "";
      }
      case CREATE_CLAIM -> {
        claimUid = NEW_UID;
        claimModes = record.to();
      }
      case RESTORE_POLICY -> restored = true;
      case FORGET -> {
        remembered = false;
        recorded = false;
      }
      default -> throw new IllegalStateException(next.toString());
    }
    return new Member(
        record,
        remembered,
        recorded,
        retained,
        restored,
        volumeModes,
        volumeClaimUid,
        claimUid,
        claimModes,
        false,
        bound);
  }
}
