package io.rwopguard.migration;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.migration.FleetReport.Entry;
import io.rwopguard.migration.FleetReport.Outcome;
import io.rwopguard.workload.ClaimKey;
import java.time.Clock;
import java.time.Duration;
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
 * Moves the claims of many namespaces, some side by side. What it has done is seen on the cluster:
 * the same call goes on where an earlier one was broken off, first with what that had begun.
 */
public final class Fleet {

  /**
   * How it goes about it.
   *
   * @param namespaces whose claims are moved; all if it is empty
   * @param selector the labels that a claim must have; all if it is empty
   * @param parallel how many workloads are moved side by side
   * @param window when one may be begun; at any time if it is empty
   * @param failures after how many no other one is begun
   * @param patience for anything that others have to do
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

    /** What tells this fleet from others: those of the same choice of claims resume one another. */
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
  private final Migration.Options options;
  private final Clock clock;
  private final FleetPace pace;
  private Set<ClaimKey> begun = Set.of();
  private final FleetReport report = new FleetReport();

  /** Claims that a move of this run has seen to, or is at. */
  private final Set<ClaimKey> seen = new HashSet<>();

  /** Of a cluster. */
  public Fleet(KubernetesClient client, Settings settings, Migration.Options options, Clock clock) {
    this.client = client;
    this.settings = settings;
    this.options = options.of(settings.name());
    this.clock = clock;
    this.pace = new FleetPace(settings, clock);
  }

  /** Begins with no other workload; those in progress are moved to their end. */
  public void pause() {
    pace.pause();
  }

  private List<ClaimKey> claims() {
    MigrationObjects objects = new MigrationObjects(client);
    FleetClaims claims = FleetClaims.of(objects, settings, options.rollback());
    begun = claims.begun();
    return claims.all();
  }

  /** Looks at all, and changes nothing. */
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
                            migration.isUnderWay() ? Outcome.BEGUN : Outcome.READY,
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

  /** What another command left halfway is not of this fleet, and not whole either. */
  private void reportLeft() {
    MigrationRun self = new RunLock(false, clock).own();
    for (Begun left : FleetClaims.left(new MigrationObjects(client), settings)) {
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
                        "another command began its move and did not complete it; run: rwop-guard migrate %s --apply"
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
      // another run is at it
      return Optional.empty();
    }
  }

  /** A move that can be begun, or why it cannot; neither while the workload is being moved. */
  private record Prepared(Optional<Migration> migration, Optional<Entry> refused) {}

  private Prepared prepare(ClaimKey claim) {
    try {
      if (options.rollback() && !begun.contains(claim)) {
        // said without a look: a cluster may have thousands that were never moved
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
      // what stands in the way of one is no reason to leave others halfway
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
   * Moves all, each as far as it goes.
   *
   * @param progress hears of each step, from several threads
   */
  public FleetReport apply(Consumer<String> progress) {
    List<Thread> threads = new ArrayList<>();
    try {
      Deque<ClaimKey> claims = new ArrayDeque<>(claims());
      progress.accept("%d claims".formatted(claims.size()));
      // since when, in ended moves, and how many in a row could not be begun
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
          // another claim of its workload is being moved; those of other workloads need not wait
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
      // what was done is worth more than what others have left
      report.add(
          new Entry(
              List.of(),
              Outcome.FAILED,
              "migrations that other commands began could not be looked for: " + e.getMessage(),
              Optional.empty(),
              Optional.empty()));
    }
    return report;
  }

  private boolean resumes(ClaimKey claim) {
    return options.rollback() || begun.contains(claim);
  }

  /** What was begun is moved to its end, whatever comes between. */
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

  /** False if it cannot be begun yet. */
  private boolean begin(ClaimKey claim, List<Thread> threads, Consumer<String> progress) {
    // asked before: what ends meanwhile was in the way
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
      // a signal, or the end of the window, while it was looked at
      seen.removeAll(migration.claims());
      return false;
    }
    progress.accept(
        "%s: begun (%d in progress)".formatted(claim, pace.begins(migration.workload())));
    Thread thread = new Thread(() -> move(migration, progress), "migration of " + claim);
    threads.add(thread);
    thread.start();
    return true;
  }

  /** Nothing of this fleet is in progress: another command moves the workload. */
  private boolean refuseBusy(ClaimKey claim) {
    report.add(
        new Entry(
            List.of(claim),
            Outcome.REFUSED,
            "another claim of its workload is being moved by another command, or its move failed (see there); complete that one first",
            Optional.empty(),
            Optional.empty()));
    return true;
  }

  private void notBegun(ClaimKey claim) {
    report.add(
        new Entry(
            List.of(claim), Outcome.NOT_BEGUN, pace.whyNot(), Optional.empty(), Optional.empty()));
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
      // what another run had begun fails for its own reasons, and says nothing about the others
      pace.ends(migration.workload(), outcome != Outcome.FAILED || migration.isUnderWay());
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }
}
