package io.rwopguard.migration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.Seed;
import io.rwopguard.migration.MigrationPlanner.Member;
import io.rwopguard.migration.MigrationPlanner.Next;
import io.rwopguard.migration.MigrationPlanner.Step;
import io.rwopguard.migration.MigrationPlanner.Workload;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MigrationPlannerTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> SHARED = List.of("ReadWriteOnce");
  private static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");

  private static MigrationRecord record(String name, boolean set, String policy) {
    return new MigrationRecord(
        new ClaimKey("shop", name),
        List.of(name),
        SHARED,
        false,
        Optional.of(policy).filter(text -> !text.isEmpty()),
        JSON.createObjectNode(),
        Optional.of(new ObjectKey(set ? Kind.STATEFUL_SET : Kind.DEPLOYMENT, "shop", "db")),
        1,
        set ? Optional.of(JSON.createObjectNode()) : Optional.empty());
  }

  private static Member member(String name, boolean set) {
    return new Member(
        record(name, set, "Delete"),
        false,
        false,
        false,
        true,
        SHARED,
        "u",
        "u",
        SHARED,
        false,
        true);
  }

  private static Workload workload(boolean set) {
    return new Workload(true, false, 1, List.of("db-0"), true, !set);
  }

  private static List<Step> steps(List<Member> members, Workload workload) {
    Simulation simulation = new Simulation(members, Optional.of(workload));
    List<Step> steps = new ArrayList<>();
    for (Next next = simulation.next(); next.step() != Step.DONE; next = simulation.next()) {
      steps.add(next.step());
      simulation.does(next);
      assertThat(steps).hasSizeLessThan(100);
    }
    return steps;
  }

  @Test
  void a_deployment_s_claim_is_moved_in_eight_steps_and_what_they_wait_for() {
    assertThat(steps(List.of(member("data", false)), workload(false)))
        .containsExactly(
            Step.RECORD,
            Step.RETAIN,
            Step.SCALE_DOWN,
            Step.WAIT,
            Step.DELETE_CLAIM,
            Step.RELEASE,
            Step.CREATE_CLAIM,
            Step.WAIT,
            Step.RESTORE_POLICY,
            Step.SCALE_UP,
            Step.FORGET);
  }

  @Test
  void a_set_whose_template_has_to_change_is_made_anew() {
    assertThat(steps(List.of(member("data-db-0", true)), workload(true)))
        .endsWith(Step.RESTORE_POLICY, Step.DELETE_SET, Step.CREATE_SET, Step.FORGET);
  }

  @Test
  void what_is_there_already_is_left_alone() {
    Member there =
        new Member(
            record("data", false, "Delete"),
            false,
            false,
            false,
            true,
            EXCLUSIVE,
            "u",
            "u",
            EXCLUSIVE,
            false,
            true);
    assertThat(steps(List.of(there), workload(false))).isEmpty();
  }

  @Test
  void a_move_that_somebody_made_half_by_hand_is_finished_and_the_volume_stays() {
    Member half =
        new Member(
            record("data", false, ""),
            false,
            false,
            true,
            true,
            EXCLUSIVE,
            "gone",
            "",
            List.of(),
            false,
            false);
    assertThat(steps(List.of(half), new Workload(true, false, 0, List.of(), false, true)))
        .containsExactly(
            Step.RECORD, Step.RELEASE, Step.CREATE_CLAIM, Step.WAIT, Step.SCALE_UP, Step.FORGET);
  }

  /** The same, for somebody who asks for the one direction or the other from here on. */
  private static Simulation turned(Simulation simulation, boolean back) {
    List<Member> turned = new ArrayList<>();
    for (Member m : simulation.members()) {
      turned.add(
          new Member(
              m.record().going(back),
              m.remembered(),
              m.recorded() && m.record().rollback() == back,
              m.retained(),
              m.policyRestored(),
              m.volumeModes(),
              m.volumeClaimUid(),
              m.claimUid(),
              m.claimModes(),
              m.claimGoing(),
              m.bound()));
    }
    Optional<Workload> seen =
        simulation
            .workload()
            .map(
                w ->
                    new Workload(
                        w.there(),
                        w.going(),
                        w.replicas(),
                        w.pods(),
                        w.attached(),
                        // the template is of the one mode or the other
                        simulation.members().get(0).record().set().isEmpty()
                            || w.templateFits()
                                == (simulation.members().get(0).record().rollback() == back)));
    return new Simulation(turned, seen);
  }

  /** What is true of the volume whatever happens, and in whatever order it is asked for. */
  @Test
  void from_every_point_it_goes_on_or_back_and_no_volume_is_ever_in_danger() {
    SplittableRandom random = new SplittableRandom(Seed.ofThisRun());
    for (int i = 0; i < 5000; i++) {
      boolean set = random.nextBoolean();
      List<Member> members = new ArrayList<>();
      for (int j = random.nextInt(3); j >= 0; j--) {
        members.add(member("data-db-" + j, set));
      }
      Optional<Workload> workload = Optional.of(workload(set));
      boolean back = false;
      int turns = 0;
      Simulation simulation = new Simulation(members, workload);
      for (Next next = simulation.next(); next.step() != Step.DONE; next = simulation.next()) {
        assertSafe(next, simulation);
        simulation.does(next);
        if (turns < 4
            && simulation.members().stream().anyMatch(Member::remembered)
            && random.nextInt(6) == 0) {
          back = !back;
          turns++;
          simulation = turned(simulation, back);
        }
      }
      for (Member member : simulation.members()) {
        assertThat(member.claimModes()).isEqualTo(back ? SHARED : EXCLUSIVE);
        assertThat(member.volumeModes()).isEqualTo(member.claimModes());
        assertThat(member.volumeClaimUid()).isEqualTo(member.claimUid()).isNotEmpty();
        assertThat(member.policyRestored()).isTrue();
        assertThat(member.remembered()).isFalse();
      }
      assertThat(simulation.workload().orElseThrow().replicas()).isEqualTo(1);
      assertThat(simulation.workload().orElseThrow().there()).isTrue();
    }
  }

  private static void assertSafe(Next next, Simulation simulation) {
    if (next.step() == Step.DELETE_CLAIM) {
      assertThat(simulation.members()).allMatch(Member::retained).allMatch(Member::recorded);
      assertThat(simulation.workload().orElseThrow().pods()).isEmpty();
      assertThat(simulation.workload().orElseThrow().replicas()).isZero();
    }
    if (next.step() == Step.RESTORE_POLICY || next.step() == Step.FORGET) {
      Member member = simulation.members().get(next.member());
      assertThat(member.bound()).isTrue();
      assertThat(member.volumeClaimUid()).isEqualTo(member.claimUid());
    }
    if (next.step() == Step.CREATE_CLAIM) {
      Member member = simulation.members().get(next.member());
      assertThat(member.claimUid()).isEmpty();
      assertThat(member.volumeClaimUid()).isEmpty();
    }
  }

  @Test
  void what_is_remembered_is_read_again() {
    MigrationRecord record = record("data", true, "Delete").going(true);
    assertThat(MigrationRecord.parse(record.toJson())).isEqualTo(record);
  }
}
