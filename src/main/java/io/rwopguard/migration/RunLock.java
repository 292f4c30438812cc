package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/**
 * This run among those that are, or were, at the same move. It holds the move once its id is on the
 * volumes, and has to keep the requests of earlier runs from what it finds if there was one.
 */
final class RunLock {

  /** How often the term is prolonged. */
  private static final Duration PROLONGED_EVERY = MigrationRun.TERM.dividedBy(3);

  private final InstantSource clock;
  private final boolean takesOver;
  private final MigrationRun own;

  /** The runs that this one follows. */
  private final Set<String> followed = new HashSet<>();

  /** The UIDs of objects that no earlier run can change any more. */
  private final Set<String> safe = new HashSet<>();

  /** The UIDs of volumes that this run has asked to be done with. */
  private final Set<String> finished = new HashSet<>();

  /** The UIDs of volumes that were seen to be this run's. */
  private final Set<String> held = new HashSet<>();

  private boolean follows;
  private boolean lost;
  private boolean due;
  private Instant prolonged = Instant.MIN;

  /**
   * Creates one for this process.
   *
   * @param takesOver whether to take over from a run that may be at work still
   */
  RunLock(boolean takesOver, InstantSource clock) {
    this.takesOver = takesOver;
    this.clock = clock;
    ProcessHandle process = ProcessHandle.current();
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    own =
        new MigrationRun(
            UUID.randomUUID().toString(),
            System.getProperty("user.name", "an unknown user"),
            host(),
            pids(),
            process.pid(),
            process.info().startInstant().orElse(now),
            now,
            now);
  }

  private static String host() {
    String named = System.getenv("HOSTNAME");
    if (named != null && !named.isEmpty()) {
      return named;
    }
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "an unknown host";
    }
  }

  /** The first namespace has the same number on every machine, but each boot has another id. */
  private static String pids() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException e) {
      return "";
    }
  }

  /** This run, with a term from now on, as it is to be written. */
  MigrationRun own() {
    return own.prolonged(clock.instant());
  }

  /**
   * Whether this run holds a volume.
   *
   * @param remembered whether the volume remembers a move
   * @throws RefusedException if another run does
   */
  boolean holds(JsonNode volume, boolean remembered) {
    MigrationRun found = MigrationRun.of(volume).orElse(null);
    String uid = volume.path("metadata").path("uid").asText();
    if (found != null && found.id().equals(own.id())) {
      held.add(uid);
      return true;
    }
    if (found != null && !followed.contains(found.id())) {
      if (!held.isEmpty()) {
        throw new RefusedException(
            "%s took over this move at %s; this run stops, and nothing that it has sent can take effect any more"
                .formatted(found, found.since()));
      }
      if (!takesOver && found.mayBeAtWork(own, clock.instant())) {
        throw new RefusedException(
            "%s has been performing this move since %s; wait until that ends, or until %s if it was broken off, or take over with --take-over"
                .formatted(found, found.since(), found.until()));
      }
      followed.add(found.id());
    }
    follows |= remembered || found != null;
    // another run took over, and has ended the move
    lost |= held.contains(uid) && !finished.contains(uid);
    return false;
  }

  /** What this run has to do about an object that may carry its, or another's, mark. */
  Mark markOf(JsonNode object) {
    String uid = object.path("metadata").path("uid").asText();
    if (follows && !safe.contains(uid)) {
      return Mark.NEEDED;
    }
    return object.path("metadata").path("labels").has(MigrationRun.LABEL)
        ? Mark.SET
        : Mark.NOT_NEEDED;
  }

  /** This run ends the move of a volume, and has asked for it at least. */
  void finishes(ObjectVersion volume) {
    finished.add(volume.uid());
    // the others say until when this run is at them
    due = true;
  }

  /** Whether another run has ended the move that this one was at. */
  boolean isLost() {
    return lost;
  }

  /** An object was changed or created by this run after it took over. */
  void isSafe(String uid) {
    safe.add(uid);
  }

  /** This run has recorded the move on a volume. */
  void records(ObjectVersion volume) {
    held.add(volume.uid());
    wasProlonged();
  }

  /** Whether this run was at the move, so that a volume without a record says that it has ended. */
  boolean wasAtWork() {
    return !held.isEmpty();
  }

  /** The term was prolonged just now. */
  void wasProlonged() {
    prolonged = clock.instant();
    due = false;
  }

  /** Whether no other run may be at the move by now, unless it takes over. */
  boolean isWithinTerm() {
    return prolonged.plus(MigrationRun.TERM).isAfter(clock.instant());
  }

  /** Whether the term has to be prolonged. */
  boolean isDue() {
    return !held.isEmpty() && (due || prolonged.plus(PROLONGED_EVERY).isBefore(clock.instant()));
  }

  /** The id that marks carry. */
  String id() {
    return own.id();
  }
}
