package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
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
  static List<String> of(MigrationScope unit, ObservedState look) {
    List<String> notes = new ArrayList<>();
    for (int i = 0; i < look.members().size(); i++) {
      MigrationScope.BoundClaim part = unit.claims().get(i);
      if (look.members().get(i).record().policy().isEmpty()) {
        notes.add(
            "the reclaim policy of volume %s is Retain and stays so: what it was before is not known"
                .formatted(part.volumeName()));
      }
    }
    MigrationRecord record = look.members().get(0).record();
    if (look.remembering().isPresent()) {
      notes.add(
          "the move was started at %s (%s ago)"
              .formatted(record.since(), age(Duration.between(record.since(), Instant.now()))));
    }
    record.claims().stream()
        .filter(name -> unit.claims().stream().noneMatch(part -> part.key().name().equals(name)))
        .forEach(
            name ->
                notes.add(
                    "claim %s and its volume are gone since the move was started, and are left out"
                        .formatted(name)));
    downtime(look)
        .ifPresent(
            time ->
                notes.add(
                    "%s is away for up to about %d seconds, most of it the grace period of its Pods, and then until its new Pod is ready"
                        .formatted(unit.workload().orElseThrow(), time.toSeconds())));
    if (unit.workload().isPresent() && record.replicas() == 0) {
      notes.add(
          "%s is at 0 replicas and stays so; scale it up when you are ready"
              .formatted(unit.workload().get()));
    }
    if (look.workload().seen().filter(seen -> !seen.templateFits()).isPresent()) {
      notes.add(
          "%s is recreated, since a claim template cannot be changed: its UID will be another one"
              .formatted(unit.workload().orElseThrow()));
    }
    if (look.workload().seen().isEmpty() && look.workload().recreatable()) {
      notes.add(
          "%s does not exist and is recreated from its copy; if it was uninstalled, delete it afterwards"
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
    JsonNode pod = look.object().orElseThrow().path("spec").path("template").path("spec");
    return Optional.of(STEPS.plus(PodTermination.graceOf(pod)));
  }
}
