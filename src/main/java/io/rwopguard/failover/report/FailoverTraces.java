package io.rwopguard.failover.report;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.tracing.TraceGuard;
import io.rwopguard.tracing.TraceSpan;
import io.rwopguard.tracing.Tracing;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * Records a failover as a trace: a span for each step when it has been observed, and one for the
 * whole at its end. Their times are those of the record, so a trace is complete although several
 * leaders worked on the failover. A span is lost if its leader dies before it is exported.
 */
public final class FailoverTraces {

  /** Records nothing. */
  public static final FailoverTraces NONE = new FailoverTraces(Tracing.OFF, Clocks.SYSTEM);

  private final Tracing tracing;
  private final Clocks clocks;

  /** Creates traces of failovers. */
  public FailoverTraces(Tracing tracing, Clocks clocks) {
    this.tracing = tracing;
    this.clocks = clocks;
  }

  /** Records the detection, which the decision to start a failover ends. */
  void began(FailoverRecord record) {
    if (tracing.isOn()) {
      TraceGuard.run(() -> step(record, Step.DECIDED));
    }
  }

  /** Records the steps that were observed since. */
  void observed(FailoverRecord before, FailoverRecord after) {
    if (tracing.isOn()) {
      TraceGuard.run(
          () ->
              Arrays.stream(Step.values())
                  .filter(step -> after.has(step) && !before.has(step))
                  .forEach(step -> step(after, step)));
    }
  }

  /** Records the whole failover. */
  void ended(FailoverRecord record, Outcome outcome) {
    if (tracing.isOn()) {
      TraceGuard.run(() -> whole(record, outcome));
    }
  }

  private void whole(FailoverRecord record, Outcome outcome) {
    Instant now = clocks.now();
    Instant first = record.times().values().stream().min(Comparator.naturalOrder()).orElse(now);
    Instant last = record.times().values().stream().max(Comparator.naturalOrder()).orElse(now);
    TraceSpan span =
        about(record, tracing.whole("failover", record.key(), first))
            .with("rwop_guard.outcome", outcome.id());
    if (outcome == Outcome.GAVE_UP) {
      span.failed(outcome.id());
    }
    // an earlier leader's clock may have been ahead
    span.end(now.isBefore(last) ? last : now);
  }

  /** Records a step, from the end of the one before it. */
  private void step(FailoverRecord record, Step step) {
    Optional<String> name = name(step);
    if (name.isEmpty()) {
      return;
    }
    Instant end = record.times().get(step);
    Instant start =
        record.times().entrySet().stream()
            // steps may be observed at once
            .filter(each -> each.getKey().compareTo(step) < 0 || each.getValue().isBefore(end))
            .map(Map.Entry::getValue)
            .filter(each -> !each.isAfter(end))
            .max(Comparator.naturalOrder())
            .orElse(end);
    about(record, tracing.part("failover " + name.get(), record.key(), start)).end(end);
  }

  /** Returns the name of what a step ends; empty if it ends nothing that the worker observes. */
  private static Optional<String> name(Step step) {
    return switch (step) {
      case SILENT, VOUCHED, WITHDRAWN -> Optional.empty();
      case DECIDED -> Optional.of("detect");
      case TAINTED -> Optional.of("taint");
      case FENCED -> Optional.of("fence");
      case DELETED -> Optional.of("delete");
      case RELEASED -> Optional.of("release");
      case DETACHED -> Optional.of("detach");
      case RUNNING -> Optional.of("replace");
    };
  }

  private static TraceSpan about(FailoverRecord record, TraceSpan span) {
    return span.with("rwop_guard.failover", record.key())
        .with("rwop_guard.node", record.node())
        .with("rwop_guard.namespace", record.namespace())
        .with("rwop_guard.pod", record.pod())
        .with("rwop_guard.claims", record.claims().stream().map(Claim::name).sorted().toList())
        .with("rwop_guard.manual", !record.requestedBy().isEmpty());
  }
}
