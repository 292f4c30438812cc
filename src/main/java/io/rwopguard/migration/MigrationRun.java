package io.rwopguard.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Who is at a move, kept on its volumes: one run of the command, for a term that it prolongs. It
 * keeps people from running two at once. That two which do run at once do no harm, by a wrong clock
 * or by {@code --take-over}, is due to the versions that writes name.
 *
 * @param id of the run
 * @param by who started it
 * @param host where it runs
 * @param pids the boot and the PID namespace there, since machines and containers may share a
 *     host's name; empty if they are not known
 * @param pid of its process there
 * @param started when that process was started
 * @param since when it began with the move
 * @param until when its term ends unless it is prolonged
 */
record MigrationRun(
    String id,
    String by,
    String host,
    String pids,
    long pid,
    Instant started,
    Instant since,
    Instant until) {

  /** On the PersistentVolume. */
  static final String ANNOTATION = "rwop-guard.io/migration-run";

  /** On claims and workloads that a run keeps earlier ones from; annotations would be inherited. */
  static final String LABEL = ANNOTATION;

  /** How long a run holds a move that it does not prolong. */
  static final Duration TERM = Duration.ofMinutes(1);

  private static final Duration CORRECTED = Duration.ofMinutes(1);
  private static final JsonMapper JSON = new JsonMapper();

  /** The same, from now on for a whole term. */
  MigrationRun prolonged(Instant now) {
    return new MigrationRun(
        id, by, host, pids, pid, started, since, now.plus(TERM).truncatedTo(ChronoUnit.SECONDS));
  }

  String toJson() {
    return JSON.createObjectNode()
        .put("id", id)
        .put("by", by)
        .put("host", host)
        .put("pids", pids)
        .put("pid", pid)
        .put("started", started.toString())
        .put("since", since.toString())
        .put("until", until.toString())
        .toString();
  }

  /** Reads what a volume says; what is no run of this program holds nothing. */
  static Optional<MigrationRun> of(JsonNode volume) {
    JsonNode written = volume.path("metadata").path("annotations").path(ANNOTATION);
    if (!written.isTextual()) {
      return Optional.empty();
    }
    try {
      JsonNode json = JSON.readTree(written.asText());
      return Optional.of(
          new MigrationRun(
              json.path("id").asText(),
              json.path("by").asText(),
              json.path("host").asText(),
              json.path("pids").asText(),
              json.path("pid").asLong(),
              Instant.parse(json.path("started").asText()),
              Instant.parse(json.path("since").asText()),
              Instant.parse(json.path("until").asText())));
    } catch (JsonProcessingException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Whether it may be at work still: its term goes on, and its process, if that is here, does. */
  boolean mayBeAtWork(MigrationRun thisRun, Instant now) {
    boolean here = !pids.isEmpty() && host.equals(thisRun.host) && pids.equals(thisRun.pids);
    return now.isBefore(until) && !(here && hasEnded());
  }

  private boolean hasEnded() {
    return ProcessHandle.of(pid)
        .map(process -> !process.info().startInstant().map(this::isStart).orElse(true))
        .orElse(true);
  }

  /** When a process was started is told by the time since the boot, and clocks are corrected. */
  private boolean isStart(Instant other) {
    return Duration.between(started, other).abs().compareTo(CORRECTED) < 0;
  }

  @Override
  public String toString() {
    return "%s on %s (process %d)".formatted(by, host, pid);
  }
}
