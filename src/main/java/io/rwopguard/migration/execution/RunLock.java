package io.rwopguard.migration.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.RequestMark;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.KubeObject;
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
 * The lock of this run against other runs of the same migration. The run holds the migration once
 * its ID is on the volumes. If there was an earlier run, it has to block that run's requests.
 */
public final class RunLock {

  /** The interval at which the term is renewed. */
  private static final Duration PROLONGED_EVERY = MigrationRun.TERM.dividedBy(3);

  private final InstantSource clock;
  private final boolean takesOver;
  private final MigrationRun own;

  /** The IDs of the runs that this one follows. */
  private final Set<String> followed = new HashSet<>();

  /** The UIDs of objects that no earlier run can change anymore. */
  private final Set<String> safe = new HashSet<>();

  /** The UIDs of volumes whose migration this run has asked to end. */
  private final Set<String> finished = new HashSet<>();

  /** The UIDs of volumes that this run was observed to hold. */
  private final Set<String> held = new HashSet<>();

  private boolean follows;
  private boolean lost;
  private boolean due;
  private Instant prolonged = Instant.MIN;

  /**
   * Creates the lock of this process.
   *
   * @param takesOver whether to take over from a run that may still be working
   */
  public RunLock(boolean takesOver, InstantSource clock) {
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

  /**
   * Returns the boot ID and the PID namespace. The first namespace has the same number on every
   * machine, but each boot has another ID.
   */
  private static String pids() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException e) {
      return "";
    }
  }

  /** Returns this run as it is to be recorded, with a term from now on. */
  public MigrationRun own() {
    return own.prolonged(clock.instant());
  }

  /**
   * Returns whether this run holds a volume.
   *
   * @param remembered whether the volume records a migration
   * @throws RefusedException if another run holds it
   */
  boolean holds(JsonNode volume, boolean remembered) {
    MigrationRun found = MigrationRun.of(volume).orElse(null);
    String uid = KubeObject.of(volume).uid();
    if (found != null && found.id().equals(own.id())) {
      held.add(uid);
      return true;
    }
    if (found != null && !followed.contains(found.id())) {
      if (!held.isEmpty()) {
        throw new RefusedException(
            "%s took over this migration at %s. This run stops, and none of its pending requests can take effect."
                .formatted(found, found.since()));
      }
      if (!takesOver && found.mayBeAtWork(own, clock.instant())) {
        throw new RefusedException(
            "%s has been performing this migration since %s. Wait until it ends, or until %s if it was interrupted; or take over with --take-over."
                .formatted(found, found.since(), found.until()));
      }
      followed.add(found.id());
    }
    follows |= remembered || found != null;
    // another run took over, and has ended the migration
    lost |= held.contains(uid) && !finished.contains(uid);
    return false;
  }

  /** Returns what this run has to do about an object that may have its label, or another run's. */
  RequestMark markOf(JsonNode object) {
    String uid = KubeObject.of(object).uid();
    if (follows && !safe.contains(uid)) {
      return RequestMark.NEEDED;
    }
    return KubeObject.of(object).labels().has(MigrationRun.LABEL)
        ? RequestMark.SET
        : RequestMark.NOT_NEEDED;
  }

  /** Records that this run has at least asked to end the migration of a volume. */
  void finishes(ObjectVersion volume) {
    finished.add(volume.uid());
    // the other volumes have to show a current term
    due = true;
  }

  /** Returns whether another run has ended the migration that this one performed. */
  boolean isLost() {
    return lost;
  }

  /** Records that this run changed or created an object after it took over. */
  void isSafe(String uid) {
    safe.add(uid);
  }

  /** Records that this run has recorded the migration on a volume. */
  void records(ObjectVersion volume) {
    held.add(volume.uid());
    wasProlonged();
  }

  /** Returns whether this run held the migration; a volume without a record then shows its end. */
  boolean wasAtWork() {
    return !held.isEmpty();
  }

  /** Records that the term was renewed just now. */
  void wasProlonged() {
    prolonged = clock.instant();
    due = false;
  }

  /** Returns whether no other run may perform the migration now, unless it takes over. */
  boolean isWithinTerm() {
    return prolonged.plus(MigrationRun.TERM).isAfter(clock.instant());
  }

  /** Returns whether the term has to be renewed. */
  boolean isDue() {
    return !held.isEmpty() && (due || prolonged.plus(PROLONGED_EVERY).isBefore(clock.instant()));
  }

  /** Returns the ID that labels contain. */
  String id() {
    return own.id();
  }
}
