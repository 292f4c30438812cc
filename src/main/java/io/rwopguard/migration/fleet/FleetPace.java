package io.rwopguard.migration.fleet;

import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Counts the migrations of a fleet in progress, and decides when another one may start. */
final class FleetPace {

  /** The interval between two checks whether another migration may start. */
  static final long PAUSE_MILLIS = 200;

  private final Fleet.Settings settings;
  private final InstantSource clock;
  private final ZoneId zone;

  /** The workloads being migrated: of two migrations, each would record the other's 0 replicas. */
  private final Set<ObjectKey> workloads = new HashSet<>();

  private volatile boolean paused;
  private int running;
  private int ended;
  private int failures;

  FleetPace(Fleet.Settings settings, InstantSource clock, ZoneId zone) {
    this.settings = settings;
    this.clock = clock;
    this.zone = zone;
  }

  /** Lets no other migration start. */
  void pause() {
    paused = true;
  }

  /** Returns why no other migration may start. */
  String whyNot() {
    return paused ? "paused" : "%d migrations failed".formatted(settings.failures());
  }

  /** Returns whether another claim of the workload is being migrated. */
  synchronized boolean isMoving(Optional<ObjectKey> workload) {
    return workload.filter(workloads::contains).isPresent();
  }

  /** Counts a migration that starts, and returns how many are in progress. */
  synchronized int begins(Optional<ObjectKey> workload) {
    workload.ifPresent(workloads::add);
    running++;
    return running;
  }

  /** Counts a migration that ends. */
  synchronized void ends(Optional<ObjectKey> workload, boolean moved) {
    workload.ifPresent(workloads::remove);
    running--;
    ended++;
    failures += moved ? 0 : 1;
  }

  /** Counts a failure to read a claim. */
  synchronized void failed() {
    failures++;
  }

  /** Returns whether another migration may start now, however many are in progress. */
  synchronized boolean isOpen(boolean resumes) {
    return !paused && (resumes || (failures < settings.failures() && untilOpen().isZero()));
  }

  /** Returns how many migrations have ended; others may no longer be blocked then. */
  synchronized int ended() {
    return ended;
  }

  /** Waits until another migration has ended, none is in progress, or the fleet is paused. */
  void awaitEnd(int before) throws InterruptedException {
    while (!paused && running() > 0 && ended() == before) {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  synchronized int running() {
    return running;
  }

  /**
   * Waits until another migration may start; returns false if none may start anymore.
   *
   * @param resumes whether the migration was started before, which leaves its workload at 0
   *     replicas. It waits neither for the window nor for the causes of failures
   */
  boolean mayBegin(boolean resumes, Consumer<String> progress) throws InterruptedException {
    boolean said = false;
    while (!paused) {
      Duration closed = resumes ? Duration.ZERO : untilOpen();
      synchronized (this) {
        if (!resumes && failures >= settings.failures()) {
          return false;
        }
        if (running < settings.parallel() && isOpen(resumes)) {
          return true;
        }
      }
      if (!closed.isZero() && !said) {
        said = true;
        progress.accept(
            "waiting for the window %s, which opens in %d minutes"
                .formatted(
                    settings.window().orElseThrow(),
                    Math.max(1, closed.plusSeconds(59).toMinutes())));
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
    return false;
  }

  private Duration untilOpen() {
    return settings
        .window()
        .map(window -> window.untilOpen(LocalTime.ofInstant(clock.instant(), zone)))
        .orElse(Duration.ZERO);
  }
}
