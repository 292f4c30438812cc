package io.rwopguard.failover;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.kube.ConditionLog;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Reports failovers whose steps fail every time. Such a failover cannot be given up as others are.
 * Only a step that can be planned shows what the failover still has to undo.
 */
final class StuckFailovers {

  /** The time before a failure is reported: one that the next attempts do not repeat is no news. */
  private static final Duration QUIET = Duration.ofSeconds(10);

  /** The time after which a failover that could be planned would have been given up. */
  static final Duration OVERDUE = FailoverRecord.GIVEN_UP_AFTER.plusMinutes(2);

  private record Failing(long since, boolean reported) {}

  private final FailoverReporter speaker;
  private final ConditionLog problems;
  private final Clocks clocks;
  private final Map<String, Failing> failing = new ConcurrentHashMap<>();

  StuckFailovers(FailoverReporter speaker, ConditionLog problems, Clocks clocks) {
    this.speaker = speaker;
    this.problems = problems;
    this.clocks = clocks;
  }

  /** Runs a step of a failover, and records whether it fails. */
  void run(FailoverRecord record, Runnable step) {
    try {
      step.run();
      forget(record.key());
    } catch (NotLeaderException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      failed(record, e);
      throw e;
    }
  }

  private void failed(FailoverRecord record, Throwable failure) {
    long now = clocks.nanos();
    Failing each = failing.computeIfAbsent(record.key(), key -> new Failing(now, false));
    if (now - each.since() < QUIET.toNanos()) {
      return;
    }
    boolean overdue = clocks.now().isAfter(record.decided().plus(OVERDUE));
    if (!overdue) {
      speaker.waits(
          record,
          "its next step fails: %s. rwop-guard tries again. Remove the cause, such as a missing permission or a webhook that refuses the request"
              .formatted(ConditionLog.textOf(failure)));
      return;
    }
    String message = message(record, failure);
    problems.found(subject(record.key()), message);
    speaker.stuck(record, message, !each.reported());
    failing.put(record.key(), new Failing(each.since(), true));
  }

  private static String message(FailoverRecord record, Throwable failure) {
    return ("The failover of Pod %s from node %s has not ended within %d minutes because its steps"
            + " fail: %s. It cannot be given up either, so the taints of the node may stay and the"
            + " claim has no Pod. Remove the cause, such as a missing permission or a webhook"
            + " that refuses the request; rwop-guard keeps trying. To end it manually, make sure"
            + " that the node is off, remove its taints %s and node.kubernetes.io/out-of-service,"
            + " and delete ConfigMap %s in the namespace of rwop-guard.")
        .formatted(
            record,
            record.node(),
            OVERDUE.toMinutes(),
            ConditionLog.textOf(failure),
            FailoverTaints.FAILED_OVER_KEY,
            FailoverRecords.nameOf(record.key()));
  }

  /** Forgets the failovers that are no longer in progress. */
  void keep(Collection<FailoverRecord> inProgress) {
    if (failing.isEmpty()) {
      return;
    }
    Set<String> keys =
        inProgress.stream().map(FailoverRecord::key).collect(Collectors.toUnmodifiableSet());
    failing.keySet().stream().filter(key -> !keys.contains(key)).forEach(this::forget);
  }

  private void forget(String key) {
    Failing each = failing.remove(key);
    if (each != null && each.reported()) {
      problems.solved(subject(key));
    }
  }

  /** Returns the number of failovers that are overdue and cannot be given up. */
  long count() {
    return failing.values().stream().filter(Failing::reported).count();
  }

  private static String subject(String key) {
    return "ConfigMap " + FailoverRecords.nameOf(key);
  }
}
