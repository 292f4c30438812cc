package io.rwopguard.migration.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * One run of the command that performs a migration, recorded on its volumes for a term that the run
 * renews. The record prevents users from running two at once. If two do run at once, because of a
 * wrong clock or {@code --take-over}, the versions in their writes prevent harm.
 *
 * @param id the ID of the run
 * @param by the user who started it
 * @param host the host on which it runs
 * @param pids the boot ID and the PID namespace there, since machines and containers may share a
 *     host name; empty if they are not known
 * @param pid the ID of its process there
 * @param started when that process was started
 * @param since when it started to perform the migration
 * @param until when its term ends unless it is renewed
 */
public record MigrationRun(
    String id,
    String by,
    String host,
    String pids,
    long pid,
    Instant started,
    Instant since,
    Instant until) {

  /** The annotation of the PersistentVolume with the run. */
  public static final String ANNOTATION = "rwop-guard.io/migration-run";

  /** The label on claims and workloads that blocks earlier runs; annotations would be inherited. */
  public static final String LABEL = ANNOTATION;

  /** The time for which a run holds a migration without renewal. */
  public static final Duration TERM = Duration.ofMinutes(1);

  private static final Duration CORRECTED = Duration.ofMinutes(1);

  /** Returns the run with a whole term from now on. */
  public MigrationRun prolonged(Instant now) {
    return new MigrationRun(
        id, by, host, pids, pid, started, since, now.plus(TERM).truncatedTo(ChronoUnit.SECONDS));
  }

  /** Returns the run as JSON, for the annotation. */
  public String toJson() {
    return MigrationJournal.write(this);
  }

  /** Reads the run on a volume; a value that this program cannot parse holds nothing. */
  public static Optional<MigrationRun> of(JsonNode volume) {
    JsonNode written = KubeObject.of(volume).annotations().path(ANNOTATION);
    if (!written.isTextual()) {
      return Optional.empty();
    }
    return MigrationJournal.readRun(written.asText());
  }

  /** Returns whether the run may still work, by its term and, on this host, by its process. */
  public boolean mayBeAtWork(MigrationRun thisRun, Instant now) {
    boolean here = !pids.isEmpty() && host.equals(thisRun.host) && pids.equals(thisRun.pids);
    return now.isBefore(until) && !(here && hasEnded());
  }

  private boolean hasEnded() {
    return ProcessHandle.of(pid)
        .map(process -> !process.info().startInstant().map(this::isStart).orElse(true))
        .orElse(true);
  }

  /** Returns whether a process started then; start times count from the boot, and clocks change. */
  private boolean isStart(Instant other) {
    return Duration.between(started, other).abs().compareTo(CORRECTED) < 0;
  }

  @Override
  public String toString() {
    return "%s on %s (process %d)".formatted(by, host, pid);
  }
}
