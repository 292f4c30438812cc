package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests what a record of a failover keeps, and what is derived from it. */
class FailoverRecordTest {

  private static final Instant DECIDED = Instant.parse("2026-11-24T01:02:03Z");
  private static final Instant LATER = DECIDED.plusSeconds(60);
  private static final FailoverRecord RECORD =
      record("shop", List.of("data"), List.of("media"), Map.of(Step.DECIDED, DECIDED));

  private static FailoverRecord record(
      String namespace, List<String> claims, List<String> shared, Map<Step, Instant> times) {
    return new FailoverRecord(
        "uid-1",
        namespace,
        "db-0",
        "uid",
        "node-2",
        "node-uid",
        "boot",
        "then",
        claims(claims),
        claims(shared),
        "StatefulSet/db",
        Optional.empty(),
        "",
        times,
        Optional.empty());
  }

  private static List<Claim> claims(List<String> names) {
    return names.stream().map(name -> new Claim(name, "uid-of-" + name)).toList();
  }

  private static FailoverRecord on(String namespace, String... claims) {
    return record(namespace, Arrays.asList(claims), List.of(), Map.of());
  }

  @Test
  void a_step_keeps_the_time_at_which_it_was_observed_first() {
    FailoverRecord tainted = RECORD.with(Step.TAINTED, LATER);
    assertThat(RECORD.has(Step.TAINTED)).isFalse();
    assertThat(tainted.has(Step.TAINTED)).isTrue();
    assertThat(tainted.with(Step.TAINTED, LATER.plusSeconds(1))).isEqualTo(tainted);
    assertThat(tainted.times())
        .containsExactlyInAnyOrderEntriesOf(Map.of(Step.DECIDED, DECIDED, Step.TAINTED, LATER));
  }

  /** The time limits the wait for the removal of the taint, which may be tried again. */
  @Test
  void the_withdrawal_of_the_taint_counts_from_the_last_attempt() {
    FailoverRecord again = RECORD.withdrawing(LATER).withdrawing(LATER.plusSeconds(30));
    assertThat(again)
        .isEqualTo(
            changed(
                Map.of(Step.DECIDED, DECIDED, Step.WITHDRAWN, LATER.plusSeconds(30)),
                "",
                "then",
                "boot"));
  }

  /** Returns {@link #RECORD} with these fields instead. */
  private static FailoverRecord changed(
      Map<Step, Instant> times, String requestedBy, String renewTime, String bootId) {
    return new FailoverRecord(
        RECORD.key(),
        RECORD.namespace(),
        RECORD.pod(),
        RECORD.podUid(),
        RECORD.node(),
        RECORD.nodeUid(),
        bootId,
        renewTime,
        RECORD.claims(),
        RECORD.sharedClaims(),
        RECORD.controller(),
        RECORD.workload(),
        requestedBy,
        times,
        RECORD.outcome());
  }

  @Test
  void the_last_statement_of_an_operator_counts_and_nothing_else_changes() {
    FailoverRecord twice = RECORD.vouchedBy("ann", LATER).vouchedBy("bob", LATER.plusSeconds(1));
    assertThat(twice)
        .isEqualTo(
            changed(
                Map.of(Step.DECIDED, DECIDED, Step.VOUCHED, LATER.plusSeconds(1)),
                "bob",
                "then",
                "boot"));
    assertThat(twice.vouched()).isEqualTo(LATER.plusSeconds(1));
    assertThat(twice.decided()).isEqualTo(DECIDED);
  }

  @Test
  void a_failover_without_a_statement_counts_from_its_start() {
    assertThat(RECORD.vouched()).isEqualTo(DECIDED);
    assertThat(RECORD.latest()).isEqualTo(DECIDED);
    assertThat(on("shop", "data").decided()).as("a record without times").isEqualTo(Instant.EPOCH);
  }

  @Test
  void the_latest_time_is_the_start_or_the_statement() {
    assertThat(RECORD.vouchedBy("ann", LATER).latest()).isEqualTo(LATER);
    assertThat(RECORD.vouchedBy("ann", DECIDED.minusSeconds(1)).latest())
        .as("the clock of another replica was behind")
        .isEqualTo(DECIDED);
  }

  @Test
  void a_record_is_from_the_future_if_clocks_that_differ_by_five_minutes_do_not_explain_it() {
    Instant now = DECIDED.minusSeconds(300);
    assertThat(RECORD.isFromFuture(now)).isFalse();
    assertThat(RECORD.isFromFuture(now.minusNanos(1))).isTrue();
    assertThat(RECORD.vouchedBy("ann", LATER).isFromFuture(now))
        .as("vouched for in the future")
        .isTrue();
  }

  @Test
  void an_end_changes_the_outcome_alone() {
    FailoverRecord ended = RECORD.endedBy(Outcome.NODE_BACK);
    assertThat(ended.outcome()).contains(Outcome.NODE_BACK);
    assertThat(ended.times()).isEqualTo(RECORD.times());
    assertThat(ended.key()).isEqualTo(RECORD.key());
  }

  /** A fence of the earlier silence says nothing about a node that has been back since. */
  @Test
  void another_silence_needs_another_fence_and_keeps_the_other_steps() {
    FailoverRecord before =
        RECORD
            .with(Step.TAINTED, LATER)
            .with(Step.FENCED, LATER)
            .with(Step.DELETED, LATER)
            .withdrawing(LATER);
    assertThat(before.forSilence("now", "next-boot"))
        .isEqualTo(
            changed(
                Map.of(Step.DECIDED, DECIDED, Step.TAINTED, LATER, Step.DELETED, LATER),
                "",
                "now",
                "next-boot"));
  }

  @Test
  void failovers_share_a_claim_by_its_name_in_one_namespace() {
    FailoverRecord mine = on("shop", "data", "logs");
    assertThat(mine.sharesClaim(on("shop", "cache", "logs"))).isTrue();
    assertThat(mine.sharesClaim(on("shop", "cache"))).isFalse();
    assertThat(mine.sharesClaim(on("bank", "data", "logs"))).isFalse();
  }

  @Test
  void a_claim_that_was_recreated_is_still_shared() {
    FailoverRecord recreated =
        new FailoverRecord(
            "uid-2",
            "shop",
            "db-0",
            "uid-2",
            "node-3",
            "node-uid",
            "boot",
            "then",
            List.of(new Claim("data", "another-uid")),
            List.of(),
            "",
            Optional.empty(),
            "",
            Map.of(),
            Optional.empty());
    assertThat(RECORD.sharesClaim(recreated)).isTrue();
  }

  @Test
  void claims_of_many_writers_do_not_keep_failovers_apart() {
    FailoverRecord one = record("shop", List.of("data-0"), List.of("media"), Map.of());
    FailoverRecord other = record("shop", List.of("data-1"), List.of("media"), Map.of());
    assertThat(one.sharesClaim(other)).isFalse();
    assertThat(one.allClaims()).isEqualTo(claims(List.of("data-0", "media")));
  }

  @Test
  void the_first_claim_by_name_represents_all_in_events() {
    assertThat(on("shop", "logs", "data").claim()).isEqualTo(new ClaimKey("shop", "data"));
    assertThat(on("shop").claim()).isEqualTo(new ClaimKey("shop", ""));
  }

  @Test
  void messages_name_the_pod_with_its_namespace() {
    assertThat("failover of Pod %s".formatted(RECORD)).isEqualTo("failover of Pod shop/db-0");
  }

  /** Records of earlier versions, and dashboards, have these names. */
  @Test
  void the_names_of_steps_and_outcomes_are_stable() {
    assertThat(Arrays.stream(Step.values()).map(Step::field))
        .containsExactly(
            "silent",
            "decided",
            "vouched",
            "tainted",
            "fenced",
            "deleted",
            "released",
            "detached",
            "running",
            "withdrawn");
    assertThat(Arrays.stream(Outcome.values()).map(Outcome::id))
        .containsExactly("done", "canceled", "node-back", "gave-up");
  }
}
