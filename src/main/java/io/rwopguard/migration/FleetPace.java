package io.rwopguard.migration;

import io.rwopguard.workload.ObjectKey;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Counts what a fleet has in progress, and says when another workload may be begun. */
final class FleetPace {

  /** How often it looks whether it may begin with another one. */
  static final long PAUSE_MILLIS = 200;

  private final Fleet.Settings settings;
  private final Clock clock;

  /** Whose claims are being moved: of two moves each would take the other's 0 for the replicas. */
  private final Set<ObjectKey> workloads = new HashSet<>();

  private volatile boolean paused;
  private int running;
  private int ended;
  private int failures;

  FleetPace(Fleet.Settings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** Lets no other one begin. */
  void pause() {
    paused = true;
  }

  /** Says why no other one may begin. */
  String whyNot() {
    return paused ? "paused" : "%d migrations had failed".formatted(settings.failures());
  }

  /** Whether another claim of the workload is being moved. */
  synchronized boolean isMoving(Optional<ObjectKey> workload) {
    return workload.filter(workloads::contains).isPresent();
  }

  /** Counts one more, and returns how many are in progress. */
  synchronized int begins(Optional<ObjectKey> workload) {
    workload.ifPresent(workloads::add);
    running++;
    return running;
  }

  /** Counts one less. */
  synchronized void ends(Optional<ObjectKey> workload, boolean moved) {
    workload.ifPresent(workloads::remove);
    running--;
    ended++;
    failures += moved ? 0 : 1;
  }

  /** Counts one that could not be looked at. */
  synchronized void failed() {
    failures++;
  }

  /** Whether another one may be begun at this moment, however many are in progress. */
  synchronized boolean isOpen(boolean resumes) {
    return !paused && (resumes || (failures < settings.failures() && untilOpen().isZero()));
  }

  /** Returns how many have ended: what was in the way of others may be gone by then. */
  synchronized int ended() {
    return ended;
  }

  /** Waits until more than so many have ended, or none is in progress. */
  void awaitEnd(int before) throws InterruptedException {
    while (!paused && running() > 0 && ended() == before) {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  synchronized int running() {
    return running;
  }

  /**
   * Waits until another one may be begun; false if none may any more.
   *
   * @param resumes whether its move was begun before, which leaves its workload at 0 replicas: that
   *     waits neither for the window nor for the causes of failures
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
        .map(window -> window.untilOpen(LocalTime.now(clock)))
        .orElse(Duration.ZERO);
  }
}
