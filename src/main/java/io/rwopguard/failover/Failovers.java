package io.rwopguard.failover;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.Problems;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverPlanner;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.workload.ClaimKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The failovers that are under way, and those that there have been, as the leader knows them: read
 * from the claims' Leases when it begins to lead, and written there before anything is done.
 */
final class Failovers {

  private static final JsonMapper JSON = new JsonMapper();

  /** Steps that follow at once on one another are done in one go, but not for ever. */
  private static final int STEPS_AT_ONCE = 12;

  /** At first every look counts; what takes minutes is looked at less often. */
  private static final Duration SOON = Duration.ofMillis(400);

  private static final Duration LATER = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofMinutes(1);

  private static final class UnderWay {
    private FailoverRecord record;
    private final long begun;
    private long nextLook;

    UnderWay(FailoverRecord record, long now) {
      this.record = record;
      this.begun = now;
      this.nextLook = now;
    }
  }

  private final FailoverObjects objects;
  private final FailoverSteps steps;
  private final Speaker speaker;
  private final Problems problems;
  private final Clocks clocks;
  private final Map<ClaimKey, UnderWay> underWay = new HashMap<>();
  private final List<Budget.Entry> history = new ArrayList<>();

  Failovers(
      FailoverObjects objects,
      FailoverSteps steps,
      Speaker speaker,
      Problems problems,
      Clocks clocks) {
    this.clocks = clocks;
    this.objects = objects;
    this.steps = steps;
    this.speaker = speaker;
    this.problems = problems;
  }

  /** Takes over from whoever led before. */
  void takeOver(long now) {
    underWay.clear();
    history.clear();
    for (PrimaryLease lease : objects.primaryLeases()) {
      history.addAll(lease.history());
      lease
          .failover()
          .ifPresent(
              record -> {
                underWay.put(record.claim(), new UnderWay(record, now));
                speaker.step(record, "goes on, begun by who led before");
              });
    }
  }

  Collection<Budget.Entry> history() {
    return history;
  }

  boolean isUnderWay(ClaimKey claim) {
    return underWay.containsKey(claim);
  }

  /** Whether a Pod is being failed over. */
  boolean isUnderWay(String namespace, String pod) {
    return underWay.values().stream()
        .anyMatch(
            each ->
                each.record.claim().namespace().equals(namespace) && each.record.pod().equals(pod));
  }

  Set<String> nodes() {
    return underWay.values().stream().map(each -> each.record.node()).collect(Collectors.toSet());
  }

  List<FailoverRecord> records() {
    return underWay.values().stream().map(each -> each.record).toList();
  }

  /**
   * Begins one, once it is written down.
   *
   * @return whether it could be written
   */
  boolean begin(FailoverRecord record, Optional<PrimaryLease> lease, String why, long now) {
    PrimaryLease known =
        lease.orElseGet(
            () ->
                new PrimaryLease(
                    record.claim(),
                    PrimaryLease.nameOf(record.claim()),
                    PrimaryLease.holder(record.pod(), record.uid()),
                    0,
                    Map.of()));
    if (lease.isEmpty()) {
      objects.create(known);
    }
    ObjectNode patch = JSON.createObjectNode();
    patch
        .putObject("metadata")
        .putObject("annotations")
        .put(PrimaryLease.FAILOVER, record.toJson())
        .put(
            PrimaryLease.HISTORY,
            known.historyWith(record.times().get(Step.DECIDED), record.node()));
    if (!objects.patch(record.claim(), patch)) {
      return false;
    }
    history.add(new Budget.Entry(record.times().get(Step.DECIDED), record.node(), record.claim()));
    underWay.put(record.claim(), new UnderWay(record, now));
    speaker.began(record, why);
    return true;
  }

  /**
   * Goes on with all that are due.
   *
   * @param verdicts of the nodes; a Pod is deleted only while its node is taken for dead
   */
  void goOn(Map<String, NodeVerdict> verdicts, boolean paused, long now) {
    for (UnderWay each : List.copyOf(underWay.values())) {
      if (now - each.nextLook >= 0) {
        boolean young = now - each.begun < LONG.toNanos();
        each.nextLook = now + (young ? SOON : LATER).toNanos();
        try {
          goOn(each, verdicts.get(each.record.node()), paused, now);
          problems.solved(subject(each.record));
        } catch (KubernetesClientException e) {
          // what keeps one from going on must not keep the others
          problems.found(subject(each.record), e);
        }
      }
    }
  }

  private static String subject(FailoverRecord record) {
    return "failover of Pod %s/%s".formatted(record.claim().namespace(), record.pod());
  }

  private void goOn(UnderWay each, NodeVerdict verdict, boolean paused, long now) {
    for (int i = 0; i < STEPS_AT_ONCE; i++) {
      FailoverSteps.Seen seen = steps.look(each.record);
      keep(each, FailoverPlanner.seen(each.record, seen.sight(), clocks.now()));
      Next next = FailoverSteps.next(each.record, seen);
      if (next.act() == Act.FINISH) {
        finish(each);
        return;
      }
      if (next.act() == Act.CALL_OFF) {
        callOff(each, next.why());
        return;
      }
      if (next.act() == Act.WAIT) {
        speaker.waits(each.record, next.why());
        return;
      }
      Optional<Refusal> held = held(each.record, next.act(), verdict, paused);
      if (held.isPresent()) {
        speaker.waits(each.record, "held up: " + held.get());
        return;
      }
      Optional<String> done = steps.act(next, each.record, seen, now);
      if (next.act() == Act.FENCE && !steps.isFenced(each.record, now)) {
        speaker.waits(each.record, done.orElseThrow());
        return;
      }
      done.ifPresent(text -> speaker.step(each.record, text));
      if (next.act() == Act.FENCE) {
        keep(each, each.record.with(Step.FENCED, clocks.now()));
      }
    }
  }

  /** What speaks against writing now what spoke for it when it was begun. */
  private static Optional<Refusal> held(
      FailoverRecord record, Act act, NodeVerdict verdict, boolean paused) {
    if (paused) {
      return Optional.of(
          new Refusal(
              Reason.PAUSED,
              "failover is paused; remove the annotation " + FailoverService.PAUSED));
    }
    boolean mayBeReleased = act == Act.RELEASE;
    if (mayBeReleased || !record.byHand().isEmpty() || (verdict != null && verdict.isDown())) {
      return Optional.empty();
    }
    return verdict == null
        ? Optional.of(
            new Refusal(Reason.CHANGED, "node %s is not known any more".formatted(record.node())))
        : verdict
            .refusal()
            .or(
                () ->
                    Optional.of(
                        new Refusal(
                            Reason.NO_SECOND_SIGN,
                            "node %s has not been silent for long enough"
                                .formatted(record.node()))));
  }

  private void keep(UnderWay each, FailoverRecord record) {
    if (record.equals(each.record)) {
      return;
    }
    each.record = record;
    ObjectNode patch = JSON.createObjectNode();
    patch
        .putObject("metadata")
        .putObject("annotations")
        .put(PrimaryLease.FAILOVER, record.toJson());
    objects.patch(record.claim(), patch);
  }

  private void finish(UnderWay each) {
    FailoverRecord record = each.record;
    ObjectNode timeline = record.timeline();
    timeline.put("node", record.node()).put("pod", record.pod());
    close(record, Optional.of(timeline.toString()));
    speaker.done(record);
    record
        .workload()
        .ifPresent(key -> objects.annotate(key, PrimaryLease.LAST, timeline.toString()));
  }

  private void callOff(UnderWay each, String why) {
    close(each.record, Optional.empty());
    speaker.calledOff(each.record, why);
  }

  private void close(FailoverRecord record, Optional<String> timeline) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
    annotations.putNull(PrimaryLease.FAILOVER);
    timeline.ifPresent(text -> annotations.put(PrimaryLease.LAST, text));
    objects.patch(record.claim(), patch);
    underWay.remove(record.claim());
  }
}
