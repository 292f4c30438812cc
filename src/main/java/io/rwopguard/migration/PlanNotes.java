package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.execution.PodTermination;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lists what the user has to know about the migration itself in addition to its plan. */
final class PlanNotes {

  /** The time for the steps between scaling down and up if nothing is slow. */
  private static final Duration STEPS = Duration.ofSeconds(10);

  private PlanNotes() {}

  /** Returns the notes, each without a final period. */
  static List<String> of(MigrationScope unit, ObservedState look, Instant now) {
    List<String> notes = new ArrayList<>();
    for (int i = 0; i < look.members().size(); i++) {
      MigrationScope.BoundClaim part = unit.claims().get(i);
      if (look.members().get(i).record().policy().isEmpty()) {
        notes.add(
            "the reclaim policy of volume %s stays Retain, because the former policy is unknown"
                .formatted(part.volumeName()));
      }
    }
    MigrationRecord record = look.members().get(0).record();
    if (look.remembering().isPresent()) {
      notes.add(
          "the migration was started at %s (%s ago)"
              .formatted(record.since(), age(Duration.between(record.since(), now))));
    }
    record.claims().stream()
        .filter(name -> unit.claims().stream().noneMatch(part -> part.key().name().equals(name)))
        .forEach(
            name ->
                notes.add(
                    "claim %s and its volume were deleted after the migration started, and are skipped"
                        .formatted(name)));
    downtime(look)
        .ifPresent(
            time ->
                notes.add(
                    "%s will be unavailable for up to about %d seconds, mostly the grace period of its Pods, and then until its new Pod is ready"
                        .formatted(unit.workload().orElseThrow(), time.toSeconds())));
    if (unit.workload().isPresent() && record.replicas() == 0) {
      notes.add(
          "%s is at 0 replicas and stays there; scale it up when you are ready"
              .formatted(unit.workload().get()));
    }
    if (look.workload().seen().filter(seen -> !seen.templateFits()).isPresent()) {
      notes.add(
          "%s is recreated with a new UID, because a claim template is immutable"
              .formatted(unit.workload().orElseThrow()));
    }
    if (look.workload().seen().isEmpty() && look.workload().recreatable()) {
      notes.add(
          "%s does not exist and is recreated from its copy. If it was uninstalled, delete it afterwards"
              .formatted(unit.workload().orElseThrow()));
    }
    return notes;
  }

  static String age(Duration age) {
    if (age.toHours() >= 48) {
      return age.toDays() + " days";
    }
    return age.toMinutes() >= 120 ? age.toHours() + " hours" : age.toMinutes() + " minutes";
  }

  /**
   * Estimates how long the workload will be unavailable: until its Pods have ended, within their
   * grace period, and then for the steps themselves. Empty if it does not run.
   */
  static Optional<Duration> downtime(ObservedState look) {
    if (look.workload().seen().filter(seen -> seen.replicas() > 0).isEmpty()) {
      return Optional.empty();
    }
    JsonNode pod = KubeObject.of(look.object().orElseThrow()).podSpec();
    return Optional.of(STEPS.plus(PodTermination.graceOf(pod)));
  }
}
