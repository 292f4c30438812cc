package io.rwopguard.migration.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.ClaimState.Snapshot;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.Seed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MigrationPlannerTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> SHARED = List.of("ReadWriteOnce");
  private static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");
  private static final ObjectVersion ANY = new ObjectVersion("u", "1");

  private static MigrationRecord record(String name, boolean set, String policy) {
    return new MigrationRecord(
        new ClaimKey("shop", name),
        List.of(name),
        SHARED,
        false,
        Optional.of(policy).filter(text -> !text.isEmpty()),
        Optional.of(new ObjectKey(set ? Kind.STATEFUL_SET : Kind.DEPLOYMENT, "shop", "db")),
        set ? "data" : "",
        1,
        JSON.createArrayNode(),
        Instant.parse("2026-11-28T00:00:00Z"),
        "",
        List.of(),
        false);
  }

  private static Optional<Claim> claim(List<String> modes) {
    return Optional.of(
        new Claim(
            ANY,
            modes,
            false,
            true,
            true,
            false,
            true,
            RequestMark.NOT_NEEDED,
            Snapshot.NOT_WANTED));
  }

  private static ClaimState member(String name, boolean set) {
    return new ClaimState(
        record(name, set, "Delete"), ANY, false, false, false, SHARED, "u", claim(SHARED));
  }

  private static ClaimState there(List<String> volumeModes, Optional<Claim> claim) {
    return new ClaimState(
        record("data", false, "Delete"), ANY, false, false, false, volumeModes, "u", claim);
  }

  private static Workload workload(boolean set) {
    return new Workload(
        Optional.of(new Seen(ANY, false, 1, !set, false, true, RequestMark.NOT_NEEDED)),
        List.of("db-0"),
        true,
        Optional.empty(),
        false,
        Optional.empty());
  }

  private static List<Step> steps(List<ClaimState> members, Workload workload) {
    Simulation simulation = new Simulation(members, workload);
    List<Step> steps = new ArrayList<>();
    for (NextStep next = simulation.next(); next.step() != Step.DONE; next = simulation.next()) {
      steps.add(next.step());
      simulation.does(next);
      assertThat(steps).hasSizeLessThan(100);
    }
    return steps;
  }

  @Test
  void moves_the_claim_of_a_deployment_and_restores_its_reclaim_policy_last_of_all() {
    assertThat(steps(List.of(member("data", false)), workload(false)))
        .containsExactly(
            Step.RECORD,
            Step.RETAIN,
            Step.SCALE_DOWN,
            Step.WAIT,
            Step.KEEP_CLAIM,
            Step.DELETE_CLAIM,
            Step.RELEASE,
            Step.CREATE_CLAIM,
            Step.WAIT,
            Step.SCALE_UP,
            Step.RETURN_CLAIM,
            Step.RETURN_WORKLOAD,
            Step.FINISH);
  }

  @Test
  void a_set_whose_template_has_to_change_is_copied_just_before_it_is_deleted() {
    assertThat(steps(List.of(member("data-db-0", true)), workload(true)))
        .endsWith(
            Step.WAIT,
            Step.KEEP_SET,
            Step.DELETE_SET,
            Step.CREATE_SET,
            Step.NOTE_SET,
            Step.SCALE_UP,
            Step.RETURN_CLAIM,
            Step.RETURN_WORKLOAD,
            Step.FINISH);
  }

  @Test
  void a_snapshot_is_ready_before_the_workload_is_scaled_down() {
    ClaimState wanted =
        new ClaimState(
            record("data", false, "Delete"),
            ANY,
            false,
            false,
            false,
            SHARED,
            "u",
            Optional.of(
                new Claim(
                    ANY,
                    SHARED,
                    false,
                    true,
                    true,
                    false,
                    true,
                    RequestMark.NOT_NEEDED,
                    Snapshot.MISSING)));
    assertThat(steps(List.of(wanted, wanted), workload(false)))
        .startsWith(
            Step.RECORD,
            Step.RECORD,
            Step.RETAIN,
            Step.RETAIN,
            Step.SNAPSHOT,
            Step.SNAPSHOT,
            Step.WAIT,
            Step.SCALE_DOWN);
  }

  @Test
  void leaves_alone_what_is_there_already() {
    assertThat(steps(List.of(there(EXCLUSIVE, claim(EXCLUSIVE))), workload(false))).isEmpty();
  }

  @Test
  void finishes_a_move_that_was_half_made_manually_and_keeps_the_volume() {
    ClaimState half =
        new ClaimState(
            record("data", false, ""), ANY, false, false, true, EXCLUSIVE, "g", Optional.empty());
    Workload idle =
        new Workload(
            Optional.of(new Seen(ANY, false, 0, true, false, true, RequestMark.NOT_NEEDED)),
            List.of(),
            false,
            Optional.empty(),
            false,
            Optional.empty());
    assertThat(steps(List.of(half), idle))
        .containsExactly(
            Step.RECORD,
            Step.RELEASE,
            Step.CREATE_CLAIM,
            Step.WAIT,
            Step.SCALE_UP,
            Step.RETURN_CLAIM,
            Step.RETURN_WORKLOAD,
            Step.FINISH);
  }

  /** Kubernetes takes a claim for lost whose volume forgets it. */
  @Test
  void a_claim_that_is_bound_keeps_its_volume_when_only_the_volume_lags_behind() {
    ClaimState lagging = there(SHARED, claim(EXCLUSIVE));
    Simulation simulation = new Simulation(List.of(lagging), workload(false));
    List<Step> steps = new ArrayList<>();
    for (NextStep next = simulation.next(); next.step() != Step.DONE; next = simulation.next()) {
      steps.add(next.step());
      simulation.does(next);
      assertThat(simulation.members().get(0).volumeClaimUid()).isEqualTo("u");
    }
    assertThat(steps).containsOnlyOnce(Step.RELEASE).doesNotContain(Step.CREATE_CLAIM);
  }

  /** The printed lines are made before the claim is deleted. */
  @Test
  void a_volume_forgets_a_claim_that_is_deleted() {
    assertThat(member("data", false).wantedClaimUid()).isEmpty();
    Claim going =
        new Claim(
            ANY,
            EXCLUSIVE,
            true,
            true,
            true,
            true,
            true,
            RequestMark.NOT_NEEDED,
            Snapshot.NOT_WANTED);
    assertThat(there(SHARED, Optional.of(going)).wantedClaimUid()).isEmpty();
    assertThat(there(SHARED, claim(EXCLUSIVE)).wantedClaimUid()).isEqualTo("u");
  }

  @Test
  void the_plan_of_a_set_of_many_claims_is_whole() {
    List<ClaimState> many = Collections.nCopies(150, member("data", true));
    assertThat(Simulation.steps(many, workload(true)))
        .hasSizeGreaterThan(1000)
        .last()
        .satisfies(last -> assertThat(last.step()).isEqualTo(Step.FINISH));
  }

  private static ClaimState started(List<String> modes, boolean back) {
    return new ClaimState(
        record("data-db-0", true, "Delete").going(back),
        ANY,
        true,
        true,
        true,
        modes,
        "u",
        claim(modes));
  }

  private static Workload gone(boolean recreatable) {
    return new Workload(
        Optional.empty(), List.of(), false, Optional.empty(), recreatable, Optional.empty());
  }

  /**
   * Otherwise the request of an earlier run could create it, and its controller would create its
   * own claim.
   */
  @Test
  void a_set_that_is_away_is_there_at_0_replicas_before_a_claim_of_it_goes() {
    assertThat(steps(List.of(started(EXCLUSIVE, true)), gone(true)))
        .containsSubsequence(
            Step.CREATE_SET, Step.NOTE_SET, Step.DELETE_CLAIM, Step.CREATE_CLAIM, Step.SCALE_UP);
  }

  @Test
  void a_set_that_is_deleted_after_it_was_recreated_stays_deleted() {
    assertThat(steps(List.of(started(EXCLUSIVE, false)), gone(true))).contains(Step.CREATE_SET);
    assertThat(steps(List.of(started(EXCLUSIVE, false)), gone(false)))
        .doesNotContain(Step.CREATE_SET)
        .endsWith(Step.FINISH);
  }

  /**
   * A request of an earlier run may arrive at any time. It must not find the state that the run
   * saw.
   */
  @Test
  void a_takeover_marks_claims_and_workload_before_anything_else() {
    ClaimState going =
        new ClaimState(
            record("data", false, "Delete"),
            ANY,
            true,
            false,
            true,
            SHARED,
            "u",
            Optional.of(
                new Claim(
                    ANY,
                    SHARED,
                    false,
                    true,
                    true,
                    true,
                    true,
                    RequestMark.NEEDED,
                    Snapshot.NOT_WANTED)));
    Workload up =
        new Workload(
            Optional.of(new Seen(ANY, false, 1, true, false, true, RequestMark.NEEDED)),
            List.of("db-0"),
            true,
            Optional.empty(),
            false,
            Optional.empty());
    assertThat(steps(List.of(going), up))
        .startsWith(Step.RECORD, Step.MARK_CLAIM, Step.MARK_WORKLOAD, Step.SCALE_DOWN)
        .endsWith(Step.UNMARK_WORKLOAD, Step.RETURN_CLAIM, Step.RETURN_WORKLOAD, Step.FINISH);
    // and who goes back, and finds all as it was, does so before the policy is Delete again
    ClaimState back =
        new ClaimState(
            going.record().going(true), ANY, true, false, true, SHARED, "u", going.claim());
    assertThat(steps(List.of(back), up))
        .containsExactly(
            Step.RECORD,
            Step.MARK_CLAIM,
            Step.MARK_WORKLOAD,
            Step.UNMARK_CLAIM,
            Step.UNMARK_WORKLOAD,
            Step.RETURN_CLAIM,
            Step.RETURN_WORKLOAD,
            Step.FINISH);
  }

  /**
   * Returns the same simulation, for a user who asks for the one direction or the other from here
   * on.
   */
  private static Simulation turned(Simulation simulation, boolean back) {
    List<ClaimState> turned = new ArrayList<>();
    for (ClaimState m : simulation.members()) {
      turned.add(
          new ClaimState(
              m.record().going(back),
              m.volume(),
              m.remembered(),
              // another run, which has written nothing yet
              false,
              m.retained(),
              m.volumeModes(),
              m.volumeClaimUid(),
              m.claim()
                  .map(
                      c ->
                          new Claim(
                              c.version(),
                              c.modes(),
                              c.going(),
                              c.bound(),
                              c.settled(),
                              c.kept(),
                              c.returned(),
                              RequestMark.NEEDED,
                              c.snapshot()))));
    }
    Workload w = simulation.workload();
    boolean same = simulation.members().get(0).record().rollback() == back;
    Optional<Seen> seen =
        w.seen()
            .map(
                s ->
                    new Seen(
                        s.version(),
                        s.going(),
                        s.replicas(),
                        // the template is of the one mode or the other
                        simulation.members().get(0).record().template().isEmpty()
                            || s.templateFits() == same,
                        s.kept(),
                        s.returned(),
                        RequestMark.NEEDED));
    return new Simulation(
        turned,
        new Workload(seen, w.pods(), w.attached(), w.unended(), w.recreatable(), w.unnoted()));
  }

  /** Checks the invariants of the volume for any faults and requests, in any order. */
  @Test
  void resumes_or_rolls_back_from_every_point_without_danger_for_a_volume() {
    SplittableRandom random = new SplittableRandom(Seed.ofThisRun());
    for (int i = 0; i < 5000; i++) {
      boolean set = random.nextBoolean();
      List<ClaimState> members = new ArrayList<>();
      for (int j = random.nextInt(3); j >= 0; j--) {
        members.add(member("data-db-" + j, set));
      }
      boolean back = false;
      int turns = 0;
      Simulation simulation = new Simulation(members, workload(set));
      for (NextStep next = simulation.next(); next.step() != Step.DONE; next = simulation.next()) {
        assertSafe(next, simulation);
        simulation.does(next);
        if (turns < 4
            && simulation.members().stream().anyMatch(ClaimState::remembered)
            && random.nextInt(6) == 0) {
          back = random.nextBoolean();
          turns++;
          simulation = turned(simulation, back);
        }
      }
      for (ClaimState member : simulation.members()) {
        assertThat(member.isThere()).isTrue();
        assertThat(member.claim().orElseThrow().modes()).isEqualTo(back ? SHARED : EXCLUSIVE);
        assertThat(member.remembered()).isFalse();
      }
      Seen seen = simulation.workload().seen().orElseThrow();
      assertThat(seen.replicas()).isEqualTo(1);
      assertThat(seen.templateFits()).isTrue();
    }
  }

  private static void assertSafe(NextStep next, Simulation simulation) {
    if (next instanceof NextStep.ClaimWrite write && next.step() == Step.DELETE_CLAIM) {
      assertThat(simulation.members())
          .allMatch(ClaimState::retained)
          .allMatch(ClaimState::recorded);
      assertThat(simulation.members())
          .allMatch(m -> m.claim().filter(c -> c.mark() == RequestMark.NEEDED).isEmpty());
      assertThat(simulation.members().get(write.member()).claim().orElseThrow().kept()).isTrue();
      assertThat(simulation.workload().pods()).isEmpty();
      assertThat(simulation.workload().seen().map(Seen::replicas).orElse(0)).isZero();
    }
    if (next.step() == Step.DELETE_SET) {
      assertThat(simulation.workload().seen().orElseThrow().kept()).isTrue();
      assertThat(simulation.members()).allMatch(ClaimState::isThere);
    }
    if (next instanceof NextStep.VolumeWrite && next.step() == Step.FINISH) {
      // the policy may be Delete from here on: nothing is open, and nothing is on its way
      assertThat(simulation.members()).allMatch(ClaimState::isThere);
      assertThat(simulation.members())
          .allMatch(m -> m.claim().orElseThrow().mark() == RequestMark.NOT_NEEDED);
      Seen seen = simulation.workload().seen().orElseThrow();
      assertThat(seen.mark()).isEqualTo(RequestMark.NOT_NEEDED);
      assertThat(seen.templateFits()).isTrue();
      assertThat(seen.replicas()).isEqualTo(1);
    }
    if (next instanceof NextStep.ClaimCreation creation) {
      ClaimState member = simulation.members().get(creation.member());
      assertThat(member.claim()).isEmpty();
      assertThat(member.volumeClaimUid()).isEmpty();
    }
  }

  /** A step that changes or deletes something cannot be written without the version it is for. */
  @Test
  void no_step_but_a_creation_can_be_expressed_without_a_version() {
    assertThatThrownBy(() -> new ObjectVersion("u", ""))
        .hasMessageContaining("needs a UID and a resourceVersion");
    assertThatThrownBy(() -> new ObjectVersion("", "1"))
        .hasMessageContaining("needs a UID and a resourceVersion");
    for (Class<?> next : NextStep.class.getPermittedSubclasses()) {
      boolean creates =
          List.of(
                  NextStep.ClaimCreation.class,
                  NextStep.SetCreation.class,
                  NextStep.SnapshotCreation.class)
              .contains(next);
      boolean writesNothing = List.of(NextStep.Done.class, NextStep.Waiting.class).contains(next);
      assertThat(creates || writesNothing)
          .as(next.getSimpleName())
          .isNotEqualTo(
              Arrays.stream(next.getRecordComponents())
                  .anyMatch(each -> each.getType() == ObjectVersion.class));
    }
  }

  @Test
  void reads_what_is_remembered() {
    MigrationRecord record = record("data", true, "Delete").going(true);
    assertThat(MigrationRecord.parse(record.toJson())).isEqualTo(record);
  }
}
