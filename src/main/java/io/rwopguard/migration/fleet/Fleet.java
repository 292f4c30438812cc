package io.rwopguard.migration.fleet;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.migration.Migration;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.execution.RunLock;
import io.rwopguard.migration.fleet.FleetReport.Entry;
import io.rwopguard.migration.fleet.FleetReport.Outcome;
import io.rwopguard.migration.plan.BusyException;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.scope.MigrationInProgress;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Migrates the claims of many namespaces, some in parallel. The cluster itself shows the progress:
 * the same call resumes after an interruption, first with the migrations that were in progress.
 */
public final class Fleet {

  /**
   * The settings of a fleet.
   *
   * @param namespaces the namespaces whose claims are migrated; all if it is empty
   * @param selector the labels that a claim must have; all claims if it is empty
   * @param parallel how many workloads are migrated in parallel
   * @param window when a migration may start; at any time if it is empty
   * @param failures the number of failures after which no other migration starts
   * @param patience the timeout for anything that other programs have to do
   */
  public record Settings(
      Set<String> namespaces,
      String selector,
      int parallel,
      Optional<Window> window,
      int failures,
      Duration patience) {

    public Settings {
      namespaces = Set.copyOf(namespaces);
    }

    /** Returns the name of this fleet. Fleets with the same claims selected resume one another. */
    String name() {
      return "%s/%s"
          .formatted(
              namespaces.isEmpty()
                  ? "*"
                  : namespaces.stream().sorted().collect(Collectors.joining(",")),
              selector);
    }
  }

  private final KubernetesClient client;
  private final Settings settings;
  private final MigrationOptions options;
  private final InstantSource clock;
  private final FleetPace pace;
  private Set<ClaimKey> started = Set.of();
  private final FleetReport report = new FleetReport();

  /** The claims that this run has processed, or is processing. */
  private final Set<ClaimKey> seen = new HashSet<>();

  /**
   * Creates a fleet for a cluster.
   *
   * @param zone the time zone of the window
   */
  public Fleet(
      KubernetesClient client,
      Settings settings,
      MigrationOptions options,
      InstantSource clock,
      ZoneId zone) {
    this.client = client;
    this.settings = settings;
    this.options = options.of(settings.name());
    this.clock = clock;
    this.pace = new FleetPace(settings, clock, zone);
  }

  /** Starts no other migration; those in progress continue to their end. */
  public void pause() {
    pace.pause();
  }

  private List<ClaimKey> claims() {
    MigrationObjects objects = new MigrationObjects(client);
    FleetClaims claims = FleetClaims.of(objects, settings, options.rollback());
    started = claims.started();
    return claims.all();
  }

  /** Plans the migration of all claims, and changes nothing. */
  public FleetReport plan() {
    for (ClaimKey claim : claims()) {
      if (!seen.contains(claim)) {
        Prepared prepared = prepare(claim);
        prepared.refused().ifPresent(report::add);
        prepared
            .migration()
            .ifPresent(
                migration ->
                    report.add(
                        new Entry(
                            migration.claims(),
                            migration.isUnderWay() ? Outcome.INTERRUPTED : Outcome.READY,
                            "",
                            estimate(migration),
                            Optional.empty())));
        if (prepared.refused().isEmpty() && prepared.migration().isEmpty()) {
          refuseBusy(claim);
        }
      }
    }
    reportLeft();
    return report;
  }

  /** Reports migrations that another command left incomplete; they do not belong to this fleet. */
  private void reportLeft() {
    MigrationRun self = new RunLock(false, clock).own();
    for (MigrationInProgress left : FleetClaims.left(new MigrationObjects(client), settings)) {
      ClaimKey claim = left.record().claim();
      if (report.entries().stream().noneMatch(entry -> entry.claims().contains(claim))) {
        report.add(
            new Entry(
                List.of(claim),
                Outcome.REFUSED,
                left.run()
                    .filter(run -> run.mayBeAtWork(self, clock.instant()))
                    .map(run -> "%s has been migrating it since %s".formatted(run, run.since()))
                    .orElse(
                        "another command started its migration and did not complete it. Run: rwop-guard migrate %s --apply"
                            .formatted(claim)),
                Optional.empty(),
                Optional.empty()));
      }
    }
  }

  private static Optional<Duration> estimate(Migration migration) {
    try {
      return migration.estimate();
    } catch (RefusedException e) {
      // another run performs this migration
      return Optional.empty();
    }
  }

  /** A migration that can start, or why it cannot; neither while the workload is being migrated. */
  private record Prepared(Optional<Migration> migration, Optional<Entry> refused) {}

  private Prepared prepare(ClaimKey claim) {
    try {
      if (options.rollback() && !started.contains(claim)) {
        // refused without a read: a cluster may have thousands of claims that were never migrated
        throw Migration.nothingToUndo(claim);
      }
      Migration migration = Migration.of(client, claim, options);
      if (pace.isMoving(migration.workload())) {
        return new Prepared(Optional.empty(), Optional.empty());
      }
      seen.addAll(migration.claims());
      return new Prepared(Optional.of(migration), Optional.empty());
    } catch (BusyException e) {
      return new Prepared(Optional.empty(), Optional.empty());
    } catch (RuntimeException e) {
      // a problem with one claim is no reason to leave others incomplete
      boolean refused = e instanceof RefusedException;
      seen.add(claim);
      return new Prepared(
          Optional.empty(),
          Optional.of(
              new Entry(
                  List.of(claim),
                  refused ? Outcome.REFUSED : Outcome.FAILED,
                  String.valueOf(e.getMessage()),
                  Optional.empty(),
                  Optional.empty())));
    }
  }

  /**
   * Migrates all claims, each as far as possible.
   *
   * @param progress receives each step, from several threads
   */
  public FleetReport apply(Consumer<String> progress) {
    List<Thread> threads = new ArrayList<>();
    try {
      Deque<ClaimKey> claims = new ArrayDeque<>(claims());
      progress.accept("%d claims".formatted(claims.size()));
      // how many migrations had ended, and how many claims in a row could not start since
      int ended = pace.ended();
      int putBack = 0;
      while (!claims.isEmpty()) {
        if (putBack >= claims.size()) {
          pace.awaitEnd(ended);
        }
        if (putBack == 0 || pace.ended() != ended) {
          ended = pace.ended();
          putBack = 0;
        }
        ClaimKey claim = claims.pop();
        if (seen.contains(claim)) {
          continue;
        }
        if (!pace.mayBegin(resumes(claim), progress)) {
          notBegun(claim);
        } else if (!begin(claim, threads, progress)) {
          // another claim of its workload is being migrated; those of other workloads need not wait
          claims.add(claim);
          putBack++;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      pause();
    } finally {
      join(threads);
    }
    try {
      reportLeft();
    } catch (KubernetesClientException | RefusedException e) {
      // the results of this run are worth more than what other commands left
      report.add(
          new Entry(
              List.of(),
              Outcome.FAILED,
              "failed to list migrations that other commands started: " + e.getMessage(),
              Optional.empty(),
              Optional.empty()));
    }
    return report;
  }

  private boolean resumes(ClaimKey claim) {
    return options.rollback() || started.contains(claim);
  }

  /** Waits until all started migrations have ended, even after an interrupt. */
  private static void join(List<Thread> threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts the migration of a claim; returns false if it cannot start yet. */
  private boolean begin(ClaimKey claim, List<Thread> threads, Consumer<String> progress) {
    // read first: a migration that ends meanwhile was still blocking this one
    boolean alone = pace.running() == 0;
    Prepared prepared = prepare(claim);
    if (prepared.refused().isPresent()) {
      report.add(prepared.refused().get());
      if (prepared.refused().get().outcome() == Outcome.FAILED) {
        pace.failed();
      }
      progress.accept(
          "%s: refused: %s".formatted(claim, firstLine(prepared.refused().get().message())));
      return true;
    }
    if (prepared.migration().isEmpty()) {
      return alone && refuseBusy(claim);
    }
    Migration migration = prepared.migration().get();
    if (!pace.isOpen(resumes(claim))) {
      // a signal, or the end of the window, came during the checks
      seen.removeAll(migration.claims());
      return false;
    }
    progress.accept(
        "%s: started (%d in progress)".formatted(claim, pace.begins(migration.workload())));
    Thread thread = new Thread(() -> move(migration, progress), "migration of " + claim);
    threads.add(thread);
    thread.start();
    return true;
  }

  /** Refuses a claim of a busy workload: another command migrates it, since this fleet is idle. */
  private boolean refuseBusy(ClaimKey claim) {
    report.add(
        new Entry(
            List.of(claim),
            Outcome.REFUSED,
            "another command is migrating another claim of its workload, or that migration failed (see its entry). Complete that migration first.",
            Optional.empty(),
            Optional.empty()));
    return true;
  }

  private void notBegun(ClaimKey claim) {
    report.add(
        new Entry(
            List.of(claim),
            Outcome.NOT_STARTED,
            pace.whyNot(),
            Optional.empty(),
            Optional.empty()));
  }

  private void move(Migration migration, Consumer<String> progress) {
    ClaimKey first = migration.claims().get(0);
    long began = System.nanoTime();
    Outcome outcome = Outcome.FAILED;
    String message = "";
    try {
      migration.apply(step -> progress.accept(first + ": " + step), settings.patience());
      outcome = migration.goesBack() ? Outcome.ROLLED_BACK : Outcome.MOVED;
    } catch (BusyException e) {
      outcome = Outcome.REFUSED;
      message = e.getMessage();
    } catch (RefusedException | KubernetesClientException e) {
      message = e.getMessage();
    } catch (RuntimeException e) {
      message = e.toString();
    } finally {
      report.add(
          new Entry(
              migration.claims(),
              outcome,
              message,
              migration.downtime(),
              Optional.of(Duration.ofNanos(System.nanoTime() - began))));
      progress.accept(
          !message.isEmpty()
              ? "%s: %s: %s".formatted(first, FleetReport.name(outcome), firstLine(message))
              : "%s: %s".formatted(first, FleetReport.name(outcome)));
      // a migration that another run started fails for its own reasons, so it does not count
      pace.ends(migration.workload(), outcome != Outcome.FAILED || migration.isUnderWay());
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }
}
