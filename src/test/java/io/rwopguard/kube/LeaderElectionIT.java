package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Elects a leader by a Lease of a real API server, regardless of the clocks. */
@Sampled(methods = 7)
@OnSecondApiServer
class LeaderElectionIT {

  private static final String NAMESPACE = "default";
  private static final String LEASE = "leadership-it";
  private static final LeaderElection.Terms TERMS =
      new LeaderElection.Terms(
          Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(200));

  private final KubernetesClient client = ApiServer.running().client();

  private final AtomicInteger answers = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean progress = true;
  private volatile Optional<String> obstacle = Optional.empty();
  private volatile Error fault;
  private final List<LeaderElection> started = new ArrayList<>();
  private final LeaderElection own = leadership();

  @BeforeEach
  void noLease() {
    lease().delete();
  }

  @AfterEach
  void stop() {
    started.forEach(LeaderElection::close);
  }

  @Test
  void holds_a_free_lease_and_is_certain_of_it() {
    own.start();
    await().until(own::isCertain);
    assertThat(own.isLeader()).isTrue();
    assertThat(own.holder()).isEqualTo(lease().get().getSpec().getHolderIdentity());
    assertThat(answers).hasPositiveValue();
    assertThat(failures).hasValue(0);
  }

  @Test
  void a_lease_without_its_label_gets_it_when_it_is_taken() {
    write(new LeaseSpecBuilder().build());
    own.start();
    await().until(own::isCertain);
    assertThat(lease().get().getMetadata().getLabels()).containsEntry("test", "election");
  }

  @Test
  void gives_it_back_at_the_end_to_another_who_need_not_wait() {
    own.start();
    await().until(own::isLeader);
    LeaderElection other = leadership();
    other.start();
    own.close();
    assertThat(own.isCertain()).isFalse();
    await().atMost(TERMS.lease().dividedBy(2)).until(other::isLeader);
    other.close();
  }

  @Test
  void a_holder_whose_clock_is_late_keeps_it_as_long_as_it_renews() throws InterruptedException {
    Duration late = Duration.ofMinutes(-5);
    renewBySomebody(late);
    own.start();
    for (int i = 0; i < 25; i++) {
      Thread.sleep(200);
      assertThat(own.isLeader()).isFalse();
      renewBySomebody(late);
    }
    await().atMost(TERMS.lease().multipliedBy(3)).until(own::isLeader);
  }

  @Test
  void a_holder_whose_clock_is_early_loses_it_once_it_no_longer_renews() {
    renewBySomebody(Duration.ofMinutes(5));
    own.start();
    await().atMost(TERMS.lease().multipliedBy(3)).until(own::isLeader);
  }

  @Test
  void is_not_certain_once_another_client_has_taken_it() {
    own.start();
    await().until(own::isCertain);
    renewBySomebody(Duration.ZERO);
    await().atMost(TERMS.renewDeadline()).until(() -> !own.isCertain());
    assertThat(own.holder()).isEqualTo("another");
  }

  @Test
  void each_term_has_its_own_epoch_under_the_uid_of_the_lease() {
    assertThat(own.epoch()).isEqualTo(-1);
    assertThat(own.electionUid()).isEmpty();
    own.start();
    await().until(own::isCertain);
    assertThat(own.electionUid()).isEqualTo(lease().get().getMetadata().getUid());
    own.close();
    LeaderElection next = leadership();
    next.start();
    await().until(next::isCertain);
    assertThat(next.epoch()).isGreaterThan(own.epoch());
    assertThat(next.electionUid()).isEqualTo(own.electionUid());
    next.close();
    lease().delete();
    LeaderElection afterDeletion = leadership();
    afterDeletion.start();
    await().until(afterDeletion::isCertain);
    assertThat(afterDeletion.epoch()).isGreaterThan(next.epoch());
    assertThat(afterDeletion.electionUid()).isNotEqualTo(own.electionUid());
    afterDeletion.close();
  }

  @Test
  void a_lease_that_was_deleted_is_not_taken_while_its_holder_may_not_know_of_it() {
    renewBySomebody(Duration.ZERO);
    own.start();
    await().until(() -> own.holder().equals("another"));
    lease().delete();
    long gone = System.nanoTime();
    await().atMost(TERMS.lease().multipliedBy(3)).until(own::isLeader);
    assertThat(Duration.ofNanos(System.nanoTime() - gone)).isGreaterThan(TERMS.renewDeadline());
  }

  @Test
  void a_new_replica_does_not_lead_while_the_holder_of_a_deleted_lease_may() {
    own.start();
    await().until(own::isCertain);
    progress = false;
    lease().delete();
    assertOneIsCertain(leadership(() -> true, System::nanoTime, InstantSource.system()));
  }

  @Test
  void a_lease_that_was_recreated_without_a_holder_is_not_taken_while_the_last_one_may_lead() {
    own.start();
    await().until(own::isCertain);
    progress = false;
    lease().delete();
    write(new LeaseSpecBuilder().withHolderIdentity("").withLeaseTransitions(0).build());
    LeaderElection other = leadership(() -> true, System::nanoTime, InstantSource.system());
    assertOneIsCertain(other);
    assertThat(other.epoch()).isGreaterThan(own.epoch());
  }

  @Test
  void a_former_holder_does_not_recreate_a_lease_that_another_has_held_since() {
    AtomicBoolean renews = new AtomicBoolean(true);
    own.start();
    await().until(own::isCertain);
    progress = false;
    LeaderElection other = leadership(renews::get, System::nanoTime, InstantSource.system());
    other.start();
    await().until(other::isCertain);
    renews.set(false);
    lease().delete();
    progress = true;
    assertOneIsCertain(other);
  }

  @Test
  void a_former_holder_does_not_take_a_restored_lease_that_names_it() {
    AtomicBoolean renews = new AtomicBoolean(true);
    own.start();
    await().until(own::isCertain);
    LeaseSpec backup = lease().get().getSpec();
    progress = false;
    LeaderElection other = leadership(renews::get, System::nanoTime, InstantSource.system());
    other.start();
    await().until(other::isCertain);
    renews.set(false);
    lease().delete();
    write(backup);
    progress = true;
    assertOneIsCertain(other);
  }

  @Test
  void a_former_holder_does_not_take_a_lease_whose_old_state_a_person_restored() {
    own.start();
    await().until(own::isCertain);
    LeaseSpec backup = lease().get().getSpec();
    progress = false;
    LeaderElection other = leadsInstead();
    progress = true;
    await().until(() -> own.holder().equals(other.identity()));
    long epoch = other.epoch();
    restore(backup);
    assertOneIsCertain(other);
    assertThat(own.isCertain() ? own.epoch() : other.epoch()).isGreaterThan(epoch);
  }

  @Test
  void a_former_holder_that_saw_no_other_begins_a_new_term_with_a_restored_lease()
      throws InterruptedException {
    own.start();
    await().until(own::isCertain);
    LeaseSpec backup = lease().get().getSpec();
    long wins = own.wins();
    progress = false;
    LeaderElection other = leadsInstead();
    long epoch = other.epoch();
    // a term takes more than a second
    Thread.sleep(1100);
    other.close();
    restore(backup);
    progress = true;
    await().atMost(TERMS.lease().multipliedBy(3)).until(own::isCertain);
    assertThat(own.epoch()).isGreaterThan(epoch);
    assertThat(own.wins()).isGreaterThan(wins);
  }

  private LeaderElection leadsInstead() {
    LeaderElection other = leadership(() -> true, System::nanoTime, InstantSource.system());
    other.start();
    await().atMost(TERMS.lease().multipliedBy(3)).until(other::isCertain);
    return other;
  }

  /** Writes an earlier spec to the same object, as a person would by {@code kubectl replace}. */
  private void restore(LeaseSpec backup) {
    String uid = lease().get().getMetadata().getUid();
    await()
        .ignoreExceptions()
        .until(
            () -> {
              lease().edit(found -> new LeaseBuilder(found).withSpec(backup).build());
              return true;
            });
    assertThat(lease().get().getMetadata().getUid()).isEqualTo(uid);
  }

  /** Starts another replica, and fails if both are certain to lead at any time. */
  private void assertOneIsCertain(LeaderElection other) {
    other.start();
    long end = System.nanoTime() + TERMS.lease().plusSeconds(2).toNanos();
    while (System.nanoTime() < end) {
      boolean both = own.isCertain() && other.isCertain();
      assertThat(both && own.isCertain()).as("both replicas are certain to lead").isFalse();
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
    assertThat(own.isCertain() || other.isCertain()).isTrue();
    other.close();
  }

  @Test
  void knows_the_annotations_of_the_lease() {
    own.start();
    await().until(own::isLeader);
    await()
        .ignoreExceptions()
        .until(
            () -> {
              lease()
                  .edit(
                      lease ->
                          new LeaseBuilder(lease)
                              .editMetadata()
                              .addToAnnotations("example.org/a", "b")
                              .endMetadata()
                              .build());
              return true;
            });
    await().until(() -> "b".equals(own.annotations().get("example.org/a")));
    assertThat(own.isLeader()).isTrue();
  }

  @Test
  void takes_over_a_lease_with_missing_fields() {
    write(new LeaseSpecBuilder().withHolderIdentity("another").withRenewTime(now()).build());
    own.start();
    await().atMost(Duration.ofSeconds(10)).until(own::isCertain);
    assertThat(own.isHealthy()).isTrue();
  }

  @Test
  void takes_over_a_lease_in_which_a_person_wrote_the_greatest_number_of_terms() {
    write(new LeaseSpecBuilder().withLeaseTransitions(Integer.MAX_VALUE).build());
    own.start();
    await().atMost(Duration.ofSeconds(10)).until(own::isCertain);
    assertThat(own.epoch()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void survives_an_error_and_tells_that_it_is_unhealthy_meanwhile() {
    fault = new StackOverflowError("thrown by the test");
    own.start();
    await().until(() -> !own.isHealthy());
    assertThat(own.isLeader()).isFalse();
    fault = null;
    await().atMost(Duration.ofSeconds(10)).until(own::isCertain);
    assertThat(own.isHealthy()).isTrue();
    fault = new OutOfMemoryError("thrown by the test");
    await().until(() -> !own.isCertain());
    fault = null;
    await().atMost(Duration.ofSeconds(10)).until(own::isCertain);
  }

  @Test
  void a_leader_that_makes_no_progress_stops_renewing() {
    own.start();
    await().until(own::isCertain);
    progress = false;
    assertThat(own.isHealthy()).isFalse();
    LeaderElection other = leadership(() -> true, System::nanoTime, InstantSource.system());
    other.start();
    await().atMost(TERMS.lease().multipliedBy(3)).until(other::isCertain);
    assertThat(own.isLeader()).isFalse();
    other.close();
    progress = true;
    await().atMost(TERMS.lease().multipliedBy(3)).until(own::isCertain);
  }

  @Test
  void a_leader_that_could_do_nothing_lets_another_lead_and_still_reads_the_lease() {
    own.start();
    await().until(own::isCertain);
    obstacle = Optional.of("an obstacle of the test");
    assertThat(own.isHealthy()).isTrue();
    await().atMost(TERMS.lease().multipliedBy(2)).until(() -> !own.isLeader());
    renewBySomebody(Duration.ZERO);
    lease()
        .edit(
            lease ->
                new LeaseBuilder(lease)
                    .editMetadata()
                    .addToAnnotations("example.org/a", "b")
                    .endMetadata()
                    .build());
    await().until(() -> own.holder().equals("another"));
    assertThat(own.annotations()).containsEntry("example.org/a", "b");
    await().pollDelay(TERMS.lease().multipliedBy(2)).until(() -> !own.isLeader());
    obstacle = Optional.empty();
    await().until(own::isCertain);
  }

  @Test
  void a_leader_whose_machine_was_suspended_is_not_certain_until_it_renews() {
    AtomicReference<Duration> suspended = new AtomicReference<>(Duration.ZERO);
    AtomicBoolean renews = new AtomicBoolean(true);
    LeaderElection suspect =
        leadership(renews::get, System::nanoTime, () -> Instant.now().plus(suspended.get()));
    suspect.start();
    await().until(suspect::isCertain);
    renews.set(false);
    suspended.set(TERMS.renewDeadline());
    assertThat(suspect.isCertain()).isFalse();
    renews.set(true);
    await().until(suspect::isCertain);
    suspect.close();
  }

  @Test
  void a_holder_with_a_longer_lease_keeps_it_for_as_long() throws InterruptedException {
    write(
        new LeaseSpecBuilder()
            .withHolderIdentity("another")
            .withRenewTime(now())
            .withLeaseDurationSeconds(6)
            .build());
    own.start();
    await().until(() -> "another".equals(own.holder()));
    Thread.sleep(5000);
    assertThat(own.isLeader()).isFalse();
    await().atMost(TERMS.lease()).until(own::isLeader);
  }

  @Test
  void knows_when_the_api_server_last_answered() {
    own.start();
    await().until(own::isCertain);
    assertThat(own.sinceLastContact()).isLessThan(TERMS.lease());
  }

  private static ZonedDateTime now() {
    return ZonedDateTime.now(ZoneOffset.UTC);
  }

  private void write(LeaseSpec spec) {
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(LEASE)
                .endMetadata()
                .withSpec(spec)
                .build())
        .create();
  }

  private LeaderElection leadership() {
    return leadership(() -> progress, System::nanoTime, InstantSource.system());
  }

  private LeaderElection leadership(
      BooleanSupplier progress, LongSupplier nanos, InstantSource wall) {
    LeaderElection leadership =
        new LeaderElection(
            ApiServer.running().client(),
            "test",
            NAMESPACE,
            LEASE,
            Map.of("test", "election"),
            TERMS,
            new ConditionLog(LeaderElectionIT.class, "nothing"),
            new LeaderElection.Contact() {
              @Override
              public void answered(Duration took) {
                answers.incrementAndGet();
                if (fault != null) {
                  throw fault;
                }
              }

              @Override
              public void failed() {
                failures.incrementAndGet();
              }
            },
            () -> {},
            new LeaderElection.Standing() {
              @Override
              public boolean makesProgress() {
                return progress.getAsBoolean();
              }

              @Override
              public Optional<String> obstacle() {
                return obstacle;
              }
            },
            nanos,
            wall);
    started.add(leadership);
    return leadership;
  }

  private Resource<Lease> lease() {
    return client.leases().inNamespace(NAMESPACE).withName(LEASE);
  }

  private void renewBySomebody(Duration skew) {
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(LEASE)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity("another")
                .withLeaseDurationSeconds((int) TERMS.lease().toSeconds())
                .withAcquireTime(ZonedDateTime.now(ZoneOffset.UTC).plus(skew))
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC).plus(skew))
                .withLeaseTransitions(1)
                .endSpec()
                .build())
        .forceConflicts()
        .serverSideApply();
  }
}
