package io.rwopguard.failover.execution;

import static io.rwopguard.config.VolumeRelease.OUT_OF_SERVICE;
import static io.rwopguard.failover.cluster.MemoryCluster.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.Observed;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.failover.report.FailoverTraces;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks when the taint of a suspect node may go, and when it has to come back. */
class OutOfServiceTaintsTest {

  private static final Instant START = Instant.parse("2026-11-27T01:02:03Z");
  private static final String NODE = "node-2";
  private static final String SUBJECT =
      "withdrawn out-of-service taint of node node-2, last renewal then";
  private static final Optional<Refusal> UNCOVERED =
      Optional.of(new Refusal(RefusalReason.UNCOVERED_NODE, "of another driver"));

  private Duration time = Duration.ZERO;
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> START.plus(time));
  private final MemoryCluster cluster = new MemoryCluster();
  private final List<String> said = new ArrayList<>();
  private boolean losesAnswers;
  private String denied = "nothing";
  private String deniedPatch = "";
  private Optional<Refusal> uncovered = Optional.empty();
  private List<FailoverTarget> own = List.of();

  /** The volumes that a fence covers. */
  private List<FailoverTarget> fenced = List.of();

  private Runnable beforeList = () -> {};
  private final FailoverStore objects = new FailoverStore(new Unreliable(), () -> true);
  private final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");
  private final FailoverRecords records = new FailoverRecords(objects, "rwop-guard", problems);
  private final ActiveFailovers failovers =
      new ActiveFailovers(records, new Budget(10, 10, 10), clocks);
  private final OutOfServiceTaints taint = outOfService(failovers);

  /** Loses answers to patches, and denies writes to some objects. */
  private final class Unreliable extends ForwardingClusterApi {

    Unreliable() {
      super(cluster);
    }

    @Override
    public JsonNode patch(
        ResourceDefinitionContext type,
        String namespace,
        String name,
        String subresource,
        PatchKind kind,
        JsonNode patch) {
      if (name.equals(deniedPatch)) {
        throw new KubernetesClientException("denied", 422, null);
      }
      JsonNode after = super.patch(type, namespace, name, subresource, kind, patch);
      if (losesAnswers) {
        throw new KubernetesClientException("timed out");
      }
      return after;
    }

    @Override
    public List<JsonNode> list(
        ResourceDefinitionContext type, String namespace, String label, String field) {
      if (type.getPlural().equals("volumeattachments")) {
        beforeList.run();
      }
      return super.list(type, namespace, label, field);
    }

    @Override
    public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
      if (object.toString().contains(denied)) {
        throw new KubernetesClientException("denied", 422, null);
      }
      return super.replace(type, namespace, object);
    }
  }

  private OutOfServiceTaints outOfService(ActiveFailovers known) {
    FailoverReporter speaker =
        new FailoverReporter(
            (about, warning, reason, message, gist) -> said.add(message),
            new FailoverMetrics(new SimpleMeterRegistry()),
            FailoverTraces.NONE,
            About.lease("a", "b"));
    return new OutOfServiceTaints(
        known,
        objects,
        new FailoverSteps(objects, null),
        new PendingDetaches(objects, driver -> false, clocks::nanos),
        (record, failovers) ->
            failovers.stream().anyMatch(each -> each.targets().equals(fenced))
                ? uncovered
                : UNCOVERED,
        speaker,
        problems,
        clocks);
  }

  /** Creates a suspect node with the taint, and another Pod on it that holds an attached volume. */
  @BeforeEach
  void make() {
    cluster.create(
        Resources.NODES,
        "",
        tree(
            "{'metadata':{'name':'node-2'},'spec':{'taints':[{'key':'node.kubernetes.io/out-of-service','value':'rwop-guard','effect':'NoSchedule'}]}}"));
    cluster.create(
        Resources.LEASES,
        FailoverStore.NODE_LEASES,
        tree("{'metadata':{'name':'node-2'},'spec':{'renewTime':'then'}}"));
    cluster.create(
        Resources.VOLUME_ATTACHMENTS,
        "",
        tree(
            "{'metadata':{'name':'va'},'spec':{'nodeName':'node-2','attacher':'d','source':{'persistentVolumeName':'pv'}}}"));
    cluster.create(
        Resources.of(Kind.PERSISTENT_VOLUME),
        "",
        tree("{'metadata':{'name':'pv'},'spec':{'claimRef':{'namespace':'shop','name':'other'}}}"));
    cluster.create(
        Resources.of(Kind.POD),
        "shop",
        tree(
            "{'metadata':{'namespace':'shop','name':'other-0'},'spec':{'nodeName':'node-2','volumes':[{'persistentVolumeClaim':{'claimName':'other'}}]}}"));
  }

  private void evict() {
    cluster.delete(Resources.of(Kind.POD), "shop", "other-0", null);
  }

  private void withdrawAndEvict() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    evict();
  }

  private void putBackAfter(long seconds) {
    time = Duration.ofSeconds(seconds);
    taint.putBack();
  }

  private JsonNode node() {
    return objects.node(NODE).orElseThrow();
  }

  private boolean isTainted() {
    return NodeReader.taints(node()).stream().anyMatch(FailoverTaints::isOwnOutOfService);
  }

  private ActiveFailover failover(String key) {
    FailoverRecord record = TestRecords.of(key, START);
    assertThat(failovers.begin(record, own)).isEmpty();
    return failovers.inProgress().stream()
        .filter(each -> each.record().key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private FailoverSteps.Seen seen(OldPod oldPod) {
    return new FailoverSteps.Seen(
        new Observed(Node.SILENT, true, true, true, true, oldPod, Map.of(), false, ""),
        Optional.of(node()),
        Optional.empty(),
        Map.of());
  }

  @Test
  void a_withdrawal_whose_answer_is_lost_is_undone_when_a_volume_is_detached() {
    ActiveFailover each = failover("one");
    assertThat(taint.mustStay(each, seen(OldPod.THERE))).isFalse();
    losesAnswers = true;
    FailoverSteps.Seen seen = seen(OldPod.THERE);
    assertThatThrownBy(() -> taint.withdraw(each, seen)).hasMessage("timed out");
    losesAnswers = false;
    assertThat(isTainted()).isFalse();
    time = Duration.ofSeconds(40);
    evict();
    taint.putBack();
    assertThat(isTainted()).isTrue();
  }

  /** The request is carried out within a minute, and PodGC evicts up to half a minute later. */
  @Test
  void a_withdrawal_whose_answer_is_lost_may_arrive_late_and_is_undone_all_the_same() {
    ActiveFailover each = failover("one");
    losesAnswers = true;
    FailoverSteps.Seen seen = seen(OldPod.THERE);
    assertThatThrownBy(() -> taint.withdraw(each, seen)).hasMessage("timed out");
    losesAnswers = false;
    putBackAfter(62);
    evict();
    putBackAfter(80);
    assertThat(isTainted()).isTrue();
  }

  @Test
  void an_eviction_shortly_after_a_withdrawal_brings_the_taint_back() {
    ActiveFailover each = failover("one");
    assertThat(taint.withdraw(each, seen(OldPod.THERE))).isTrue();
    assertThat(isTainted()).isFalse();
    putBackAfter(5);
    assertThat(isTainted()).isFalse();
    evict();
    putBackAfter(7);
    assertThat(isTainted()).isTrue();
  }

  @Test
  void an_eviction_later_or_on_a_node_that_is_back_brings_no_taint() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    putBackAfter(31);
    evict();
    putBackAfter(33);
    assertThat(isTainted()).isFalse();
  }

  @Test
  void a_node_that_is_back_gets_no_taint_again() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    cluster.force(
        Resources.LEASES,
        FailoverStore.NODE_LEASES,
        tree("{'metadata':{'name':'node-2'},'spec':{'renewTime':'later'}}"));
    evict();
    putBackAfter(2);
    assertThat(isTainted()).isFalse();
  }

  /** Returns the object of another replica, which leads from now on. */
  private OutOfServiceTaints next() {
    ActiveFailovers adopted = new ActiveFailovers(records, new Budget(10, 10, 10), clocks);
    adopted.takeOver("", 2);
    OutOfServiceTaints next = outOfService(adopted);
    next.tookOver();
    return next;
  }

  @Test
  void the_next_leader_undoes_a_withdrawal_whose_answer_was_lost() {
    ActiveFailover each = failover("one");
    losesAnswers = true;
    FailoverSteps.Seen seen = seen(OldPod.THERE);
    assertThatThrownBy(() -> taint.withdraw(each, seen)).hasMessage("timed out");
    losesAnswers = false;
    time = Duration.ofSeconds(30);
    OutOfServiceTaints next = next();
    next.putBack();
    assertThat(isTainted()).isFalse();
    evict();
    time = Duration.ofSeconds(40);
    next.putBack();
    assertThat(isTainted()).isTrue();
  }

  @Test
  void the_next_leader_undoes_the_withdrawal_of_a_failover_that_has_ended() {
    ActiveFailover each = failover("one");
    taint.withdraw(each, seen(OldPod.GONE));
    assertThat(failovers.end(each, Outcome.DONE)).isTrue();
    evict();
    time = Duration.ofSeconds(80);
    next().putBack();
    assertThat(isTainted()).isTrue();
  }

  @Test
  void a_failed_read_is_no_reason_to_taint_a_node() {
    withdrawAndEvict();
    beforeList =
        () -> {
          throw new KubernetesClientException("no right to list", 403, null);
        };
    putBackAfter(5);
    next().putBack();
    assertThat(isTainted()).isFalse();
    beforeList = () -> {};
    putBackAfter(15);
    assertThat(isTainted()).as("once it can be read").isTrue();
  }

  /** Nothing detaches its volume, and under the taint PodGC would delete it. */
  @Test
  void a_pod_that_terminates_is_no_reason_to_taint_a_node() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    ObjectNode pod =
        cluster.get(Resources.of(Kind.POD), "shop", "other-0").orElseThrow().deepCopy();
    pod.withObject("/metadata").put("deletionTimestamp", "2026-11-27T01:03:00Z");
    cluster.force(Resources.of(Kind.POD), "shop", pod);
    putBackAfter(5);
    next().putBack();
    assertThat(isTainted()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {80, 120, 500})
  void an_eviction_while_no_replica_led_brings_the_taint_back(int seconds) {
    withdrawAndEvict();
    time = Duration.ofSeconds(seconds);
    next().putBack();
    assertThat(isTainted()).isTrue();
  }

  /** The volume that is not covered may be detached before the others. */
  @Test
  void a_node_that_is_covered_again_gets_its_taint() {
    withdrawAndEvict();
    uncovered = UNCOVERED;
    for (int second = 5; second < 60; second += 10) {
      time = Duration.ofSeconds(second);
      taint.putBack();
    }
    assertThat(isTainted()).isFalse();
    assertThat(problems.with(SUBJECT).orElseThrow()).contains("no Pod holds volume pv");
    uncovered = Optional.empty();
    putBackAfter(65);
    assertThat(isTainted()).isTrue();
    assertThat(problems.with(SUBJECT)).isEmpty();
  }

  @Test
  void gives_up_what_cannot_be_read_for_ten_minutes() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    beforeList =
        () -> {
          throw new KubernetesClientException("no right to list", 403, null);
        };
    for (int minute = 1; minute <= 10; minute++) {
      assertThat(problems.with(SUBJECT).isPresent()).isEqualTo(minute > 1);
      time = Duration.ofMinutes(minute);
      taint.putBack();
    }
    assertThat(problems.with(SUBJECT)).isEmpty();
    beforeList = () -> {};
    evict();
    time = Duration.ofMinutes(11);
    taint.putBack();
    assertThat(isTainted()).isFalse();
  }

  /** Attach/detach writes to the Node with each volume that it detaches. */
  @Test
  void a_node_that_changes_during_the_reads_gets_its_taint() {
    withdrawAndEvict();
    beforeList = () -> cluster.force(Resources.NODES, "", node().deepCopy());
    putBackAfter(5);
    assertThat(isTainted()).isTrue();
  }

  /** Its clock was ahead, and its withdrawal seems to be the last one. */
  @Test
  void a_withdrawal_of_an_earlier_silence_hides_none_of_this_one() {
    objects.untaint(node(), FailoverTaints.OUT_OF_SERVICE);
    ended("before", "an earlier silence", START.plusSeconds(300));
    ended("one", "then", START);
    evict();
    next().putBack();
    assertThat(isTainted()).isTrue();
  }

  /** A read may take longer than the lead. */
  @Test
  void a_look_that_ends_late_ends_no_withdrawal_that_was_adopted_meanwhile() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    time = Duration.ofSeconds(31);
    beforeList =
        () -> {
          taint.clear();
          taint.tookOver();
          beforeList = () -> {};
        };
    taint.putBack();
    evict();
    putBackAfter(40);
    assertThat(isTainted()).isTrue();
  }

  /** The keeper of taints removes it where the failover does not; the request may be lost. */
  @Test
  void writes_a_taint_again_that_another_part_removes() {
    assertThat(taint.isDeclared(NODE)).isTrue();
    String version = node().path("metadata").path("resourceVersion").asText();
    assertThat(taint.isDeclared(NODE)).isTrue();
    assertThat(node().path("metadata").path("resourceVersion").asText()).isEqualTo(version);
    taint.removing(NODE, () -> {});
    assertThat(taint.isDeclared(NODE)).isTrue();
    assertThat(node().path("metadata").path("resourceVersion").asText()).isNotEqualTo(version);
  }

  @Test
  void a_node_with_pods_that_no_statement_covers_gets_no_taint_again() {
    withdrawAndEvict();
    uncovered = UNCOVERED;
    time = Duration.ofSeconds(5);
    next().putBack();
    assertThat(isTainted()).isFalse();
  }

  /** A fence covers those, which no statement does. */
  @Test
  void the_volumes_of_the_failover_itself_keep_no_taint_away() {
    own = List.of(new FailoverTarget("data", "pv", "d", "h", "d^h", "va", OUT_OF_SERVICE, true));
    fenced = own;
    withdrawAndEvict();
    putBackAfter(5);
    assertThat(isTainted()).isTrue();
  }

  /** It knows of a fence that the one which removed the taint at its end does not know. */
  @Test
  void the_volumes_of_another_failover_from_the_node_keep_no_taint_away() {
    fenced = List.of(new FailoverTarget("data", "pv", "d", "h", "d^h", "va", OUT_OF_SERVICE, true));
    ActiveFailover one = failover("one");
    taint.withdraw(one, seen(OldPod.GONE));
    assertThat(failovers.end(one, Outcome.DONE)).isTrue();
    own = fenced;
    assertThat(failover("two").targets).contains(fenced);
    evict();
    assertThat(isTainted()).isFalse();
    putBackAfter(5);
    assertThat(isTainted()).isTrue();
  }

  /** It may go at any time. */
  @Test
  void a_taint_of_another_program_ends_nothing_before_its_time() {
    withdrawAndEvict();
    Taint foreign = new Taint(FailoverTaints.OUT_OF_SERVICE_KEY, "nodeshutdown", "NoExecute");
    assertThat(objects.taint(node(), foreign)).isTrue();
    putBackAfter(31);
    assertThat(objects.untaint(node(), foreign)).isTrue();
    putBackAfter(41);
    assertThat(isTainted()).isTrue();
  }

  @Test
  void reports_a_taint_whose_answer_is_lost() {
    withdrawAndEvict();
    losesAnswers = true;
    putBackAfter(5);
    losesAnswers = false;
    assertThat(said).isEmpty();
    putBackAfter(15);
    assertThat(said).singleElement().asString().contains("has the out-of-service taint again");
  }

  /** Not even if it is no answer of the API server. */
  @Test
  void reports_what_fails_and_ends_it_after_ten_minutes() {
    taint.withdraw(failover("one"), seen(OldPod.THERE));
    beforeList =
        () -> {
          throw new IllegalStateException("a bug");
        };
    putBackAfter(5);
    assertThat(problems.with(SUBJECT).orElseThrow()).contains("a bug");
    time = Duration.ofMinutes(10);
    taint.putBack();
    assertThat(problems.with(SUBJECT)).isEmpty();
    beforeList = () -> {};
    evict();
    time = Duration.ofMinutes(11);
    taint.putBack();
    assertThat(isTainted()).isFalse();
  }

  @Test
  void a_node_that_comes_back_during_the_reads_gets_no_taint() {
    withdrawAndEvict();
    beforeList =
        () ->
            cluster.force(
                Resources.LEASES,
                FailoverStore.NODE_LEASES,
                tree("{'metadata':{'name':'node-2'},'spec':{'renewTime':'later'}}"));
    time = Duration.ofSeconds(5);
    next().putBack();
    assertThat(isTainted()).isFalse();
  }

  private void ended(String key, String renewTime, Instant withdrawn) {
    FailoverRecord record = TestRecords.of(key, START).forSilence(renewTime, "");
    assertThat(records.create(record.withdrawing(withdrawn).endedBy(Outcome.DONE), "", 1))
        .isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "two", "three", "four", "five"})
  void the_last_one_of_several_withdrawals_counts(String key) {
    objects.untaint(node(), FailoverTaints.OUT_OF_SERVICE);
    ended("before", "an earlier silence", START.minusSeconds(30));
    ended(key, "then", START);
    ended("long-before", "an earlier silence", START.minusSeconds(60));
    evict();
    next().putBack();
    assertThat(isTainted()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2026-11-27T02:02:03Z", "+999999999-01-01T00:00:00Z"})
  void a_clock_that_was_ahead_keeps_nothing_from_ending(String withdrawn) {
    objects.untaint(node(), FailoverTaints.OUT_OF_SERVICE);
    ended("one", "then", Instant.parse(withdrawn));
    OutOfServiceTaints next = next();
    time = Duration.ofSeconds(106);
    next.putBack();
    evict();
    time = Duration.ofSeconds(108);
    next.putBack();
    assertThat(isTainted()).isFalse();
  }

  @Test
  void a_node_of_another_uid_gets_no_taint() {
    String uid = node().path("metadata").path("uid").asText();
    objects.untaint(node(), FailoverTaints.OUT_OF_SERVICE);
    evict();
    FailoverRecord another = TestRecords.of("one", START, "another").withdrawing(START);
    assertThat(records.create(another, "", 1)).isPresent();
    next().putBack();
    assertThat(isTainted()).isFalse();
    FailoverRecord own = TestRecords.of("two", START, uid).withdrawing(START.plusSeconds(1));
    assertThat(records.create(own, "", 1)).isPresent();
    next().putBack();
    assertThat(isTainted()).isTrue();
  }

  @Test
  void a_withdrawal_that_is_tried_again_is_not_recorded_each_time() {
    ActiveFailover each = failover("one");
    AtomicInteger recorded = new AtomicInteger();
    cluster.listen(
        (type, object) -> {
          if (object.toString().contains("withdrawn")) {
            recorded.incrementAndGet();
          }
        });
    deniedPatch = NODE;
    for (int i = 0; i < 20; i++) {
      time = Duration.ofMillis(400L * i);
      FailoverSteps.Seen seen = seen(OldPod.THERE);
      assertThatThrownBy(() -> taint.withdraw(each, seen)).hasMessage("denied");
    }
    assertThat(recorded).hasValue(1);
  }

  @Test
  void the_next_leader_leaves_nodes_alone_that_no_record_of_a_withdrawal_is_about() {
    ActiveFailover each = failover("one");
    objects.untaint(node(), FailoverTaints.OUT_OF_SERVICE);
    evict();
    next().putBack();
    assertThat(isTainted()).as("a person removed it").isFalse();

    taint.withdraw(each, seen(OldPod.GONE));
    objects.untaint(node(), FailoverTaints.OUT_OF_SERVICE);
    time = Duration.ofMinutes(11);
    next().putBack();
    assertThat(isTainted()).as("long ago").isFalse();

    time = Duration.ofMinutes(1);
    cluster.force(
        Resources.LEASES,
        FailoverStore.NODE_LEASES,
        tree("{'metadata':{'name':'node-2'},'spec':{'renewTime':'later'}}"));
    next().putBack();
    assertThat(isTainted()).as("it is back").isFalse();
  }

  @Test
  void no_taint_is_withdrawn_while_its_record_cannot_be_written() {
    ActiveFailover each = failover("one");
    denied = "rwop-guard-failover-one";
    FailoverSteps.Seen seen = seen(OldPod.THERE);
    assertThatThrownBy(() -> taint.withdraw(each, seen)).hasMessageContaining("denied");
    assertThat(isTainted()).isTrue();
  }

  /** An earlier leader may have sent it; it names the version before. */
  @Test
  void a_taint_that_has_to_stay_gets_a_version_that_no_late_withdrawal_names() {
    ActiveFailover each = failover("one");
    evict();
    FailoverSteps.Seen before = seen(OldPod.GONE);
    assertThat(taint.mustStay(each, before)).isTrue();
    assertThat(objects.untaint(before.node().orElseThrow(), FailoverTaints.OUT_OF_SERVICE))
        .isFalse();
    assertThat(isTainted()).isTrue();
  }

  @Test
  void a_deletion_without_an_answer_may_arrive_for_a_minute_whichever_failover_asks() {
    ActiveFailover one = failover("one");
    var unused = taint.sending(one);
    ActiveFailover two = new ActiveFailover(one.stored, Optional.of(List.of()), clocks.nanos());
    assertThat(taint.mayBeDeleted(one, OldPod.THERE)).isTrue();
    assertThat(taint.mayBeDeleted(one, OldPod.GONE)).as("its own Pod is gone").isFalse();
    assertThat(taint.mayBeDeleted(two, OldPod.THERE)).isTrue();
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(one, OldPod.THERE)).isFalse();
  }

  private ActiveFailover other(String key, boolean adopted) {
    return new ActiveFailover(
        new FailoverRecords.Stored(TestRecords.of(key, START), "uid", "1", 1),
        adopted ? Optional.empty() : Optional.of(List.of()),
        clocks.nanos());
  }

  @Test
  void an_answer_is_to_the_last_deletion_of_its_failover_alone() {
    ActiveFailover one = other("one", false);
    ActiveFailover two = other("two", false);
    Optional<Long> before = taint.sending(one);
    var unused = taint.sending(two);
    taint.answered(one, before);
    assertThat(taint.mayBeDeleted(one, OldPod.GONE)).as("that of the other").isTrue();

    time = Duration.ofSeconds(30);
    Optional<Long> again = taint.sending(two);
    taint.answered(two, again);
    assertThat(taint.mayBeDeleted(one, OldPod.GONE)).as("the first one").isTrue();
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(one, OldPod.GONE)).isFalse();
  }

  @Test
  void a_deletion_of_an_earlier_leader_may_arrive_while_its_pod_is_there() {
    ActiveFailover adopted = other("one", true);
    assertThat(taint.mayBeDeleted(adopted, OldPod.THERE)).isTrue();
    assertThat(taint.mayBeDeleted(adopted, OldPod.GONE)).isFalse();
    assertThat(taint.mayBeDeleted(other("two", false), OldPod.THERE)).isFalse();
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(adopted, OldPod.THERE)).isFalse();
  }

  /** Its earlier leader may have sent a deletion, too. */
  @Test
  void a_failover_that_cannot_be_adopted_is_reported_and_keeps_the_taint_for_a_minute() {
    ActiveFailover one = failover("one");
    assertThat(records.create(TestRecords.of("two", START), "", 1)).isPresent();
    denied = "rwop-guard-failover-two";
    failovers.takeOver("", 2);
    String subject = "resuming ConfigMap rwop-guard/rwop-guard-failover-two";
    assertThat(problems.with(subject).orElseThrow()).contains("denied");
    assertThat(taint.mayBeDeleted(one, OldPod.GONE)).isTrue();
    time = Duration.ofSeconds(61);
    assertThat(taint.mayBeDeleted(one, OldPod.GONE)).isFalse();
    denied = "nothing";
    failovers.takeOver("", 2);
    assertThat(problems.with(subject)).isEmpty();
    assertThat(failovers.records()).hasSize(2);
  }
}
