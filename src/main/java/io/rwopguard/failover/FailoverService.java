package io.rwopguard.failover;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.rwopguard.config.FailoverConfig;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.config.PodEnvironment;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.failover.cluster.ChosenNamespaces;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.ClusterFenceApi;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.KubernetesClusterApi;
import io.rwopguard.failover.detection.FailoverCache;
import io.rwopguard.failover.detection.PeerVetoes;
import io.rwopguard.failover.detection.Prober;
import io.rwopguard.failover.detection.WatchAudit;
import io.rwopguard.failover.fence.ApiLedgerStore;
import io.rwopguard.failover.fence.FenceLedger;
import io.rwopguard.failover.fence.Fences;
import io.rwopguard.failover.fence.RegistryFence;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.failover.report.FailoverTraces;
import io.rwopguard.failover.report.UnreadableNamespaces;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.EventRecorder;
import io.rwopguard.kube.LeaderElection;
import io.rwopguard.kube.Progress;
import io.rwopguard.kube.SingleRequests;
import io.rwopguard.kube.WatchedResource;
import io.rwopguard.tracing.Tracing;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Assembles the failover controller and keeps it running, where failover is switched on. */
@Singleton
final class FailoverService {

  private static final String DOCUMENT = "docs/guides/failover.md";
  private static final Duration TICK = Duration.ofMillis(500);

  /**
   * The pause between two checks for ended probes. A probe takes less than a second, so waiting for
   * the next pass would be too long. The check itself sends no request.
   */
  private static final Duration SOON = Duration.ofMillis(100);

  /**
   * The number of failovers that run in parallel: each waits for the API server most of the time.
   */
  private static final int WORKERS = 16;

  private static final Duration LONGEST_WRITE = Duration.ofSeconds(2);
  private static final Duration LONGEST_QUESTION = Duration.ofSeconds(3);

  /** The time without a completed pass after which a leader gives up its Lease. */
  private static final Duration LONGEST_STANDSTILL = Duration.ofSeconds(10);

  private static final Duration FENCE_REPORTS = Duration.ofMinutes(1);
  private static final String LEFT_FENCES = "fences from mode enforce";

  /** One thread for the pass over the fencing tokens, and four for its requests. */
  private static final int TOKEN_THREADS = 5;

  private final RwopGuardConfig config;
  private final FailoverConfig settings;
  private final Supplier<KubernetesClient> client;
  private final Set<String> namespaces;
  private final Inventory all;
  private final Vertx vertx;
  private final FailoverMetrics metrics;
  private final Tracing tracing;
  private final FailoverGauges gauges;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final ConditionLog problems = new ConditionLog(FailoverService.class, DOCUMENT);
  private final Clocks clocks;
  private final ScheduledExecutorService clock = thread("failover");
  private final ExecutorService leases = threads("fencing-tokens", TOKEN_THREADS);
  private final ExecutorService workers = threads("failover-worker", WORKERS);

  /** Runs reads of the API server that must not wait for writes, nor delay them. */
  private final ScheduledExecutorService aside =
      Executors.newScheduledThreadPool(3, named("failover-aside"));

  private final Progress progress;
  private volatile Optional<LeaderElection> election = Optional.empty();
  private volatile Optional<FailoverReport> report = Optional.empty();
  private volatile Optional<LeadershipEligibility> eligibility = Optional.empty();

  @Inject
  FailoverService(
      RwopGuardConfig config,
      Instance<KubernetesClient> client,
      Inventory inventory,
      Vertx vertx,
      MeterRegistry registry,
      Tracing tracing) {
    this(config, client::get, inventory, vertx, registry, tracing, Clocks.SYSTEM);
  }

  FailoverService(
      RwopGuardConfig config,
      Supplier<KubernetesClient> client,
      Inventory inventory,
      Vertx vertx,
      MeterRegistry registry,
      Tracing tracing,
      Clocks clocks) {
    this.config = config;
    this.settings = config.failover();
    this.client = client;
    this.namespaces = config.failover().namespaces().orElse(Set.of());
    this.all = inventory;
    this.vertx = vertx;
    this.metrics = new FailoverMetrics(registry);
    this.tracing = tracing;
    this.gauges = new FailoverGauges(registry);
    this.clocks = clocks;
    this.progress = new Progress(clocks.monotonic(), LONGEST_STANDSTILL);
  }

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(named(name));
  }

  private static ExecutorService threads(String name, int count) {
    return Executors.newFixedThreadPool(count, named(name));
  }

  private static ThreadFactory named(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  void start(@Observes StartupEvent event) {
    if (!config.run().contains(ProcessPart.FAILOVER) || settings.mode() == FailoverMode.OFF) {
      return;
    }
    progress.made();
    FailoverController controller = assemble();
    var unused =
        clock.scheduleWithFixedDelay(
            () -> look(controller), 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    var unusedToo =
        clock.scheduleWithFixedDelay(
            () -> survive(controller::resumeProbed), 0, SOON.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Runs one pass. A scheduled task that throws never runs again, while this replica leads on. */
  void look(FailoverController controller) {
    survive(
        () -> {
          if (controller.look()) {
            progress.made();
          }
        });
  }

  private void survive(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      problems.found("failover", e);
    }
  }

  private FailoverController assemble() {
    Heartbeats heartbeats = new Heartbeats();
    Reachability reachability = new Reachability();
    ApiServerHealth contact = new ApiServerHealth(clocks.nanos(), terms().retry());
    LeaderElection leadership = elect(heartbeats, contact);
    String namespace = PodEnvironment.namespace(config).orElseThrow();
    FailoverCache view = new FailoverCache(client.get(), namespace, namespaces, heartbeats, clocks);
    Inventory inventory = ChosenNamespaces.of(all, namespaces, view::unreadable);
    EventRecorder events =
        new EventRecorder(
            client.get(),
            "failover-events",
            problems,
            clocks.monotonic(),
            clocks.wall(),
            any -> true);
    KubernetesClient hasty = SingleRequests.within(LONGEST_QUESTION, client.get());
    WatchAudit watchAudit =
        new WatchAudit(
            hasty,
            heartbeats,
            () -> {
              view.restart();
              inventory.restartWatches();
            });
    ClusterApi api = new KubernetesClusterApi(client.get());
    PeerVetoes vetoes =
        new PeerVetoes(
            api,
            namespace,
            settings.lease() + FailoverStore.PROBES_SUFFIX,
            leadership.identity(),
            heartbeats,
            reachability,
            settings.limits().suspectPercent());
    EventRecorder.About lease = EventRecorder.About.lease(namespace, settings.lease());
    FailoverReporter speaker =
        new FailoverReporter(events, metrics, new FailoverTraces(tracing, clocks), lease);
    UnreadableNamespaces unreadable =
        new UnreadableNamespaces(
            inventory::unreadable, problems, events, lease, settings.lease() + "-claims");
    Prober prober =
        new Prober(
            vertx,
            new ProbeSchedule(reachability, heartbeats, settings.limits().suspectPercent()),
            problems);
    Optional<RegistryFence> fence = fence(api, leadership, namespace);
    FailoverController controller =
        FailoverAssembly.assemble(
            settings,
            new Ports(
                api,
                inventory,
                view,
                heartbeats,
                prober,
                reachability,
                leadership,
                contact,
                watchAudit::confirms,
                fence,
                PodEnvironment.node().orElse(""),
                events,
                metrics,
                speaker,
                problems,
                clocks,
                leases,
                workers,
                namespace));
    open.addAll(List.of(leadership, view, events, prober));
    fence.ifPresent(open::add);
    gauges.watch(leadership, controller, prober, unreadable);
    eligibility = Optional.of(controller.eligibility());
    report =
        Optional.of(
            new FailoverReport(settings.mode(), leadership, controller, speaker, unreadable));
    view.start();
    prober.start();
    leadership.start();
    repeat("watch of node Leases", watchAudit::check);
    repeat("reports of namespaces", now -> unreadable.report());
    repeat(
        "state of the API server",
        WatchedResource.CHECK_EVERY,
        now -> view.restartIfStateWentBack());
    if (settings.mode() == FailoverMode.ENFORCE) {
      repeat("reports of other replicas", vetoes::exchange);
    } else {
      FenceLedger ledger =
          new FenceLedger(
              new ApiLedgerStore(new ClusterFenceApi(api, () -> false), namespace), namespace);
      repeat("fence records", FENCE_REPORTS, now -> reportLeftFences(ledger));
    }
    return controller;
  }

  private Optional<RegistryFence> fence(
      ClusterApi api, LeaderElection leadership, String namespace) {
    // also without fences: a fence that was removed from the settings may still fence nodes
    return settings.mode() == FailoverMode.ENFORCE
        ? Optional.of(
            new RegistryFence(
                Fences.registry(
                    settings,
                    vertx,
                    new ClusterFenceApi(api, leadership::isCertain),
                    new Fences.Lead(
                        leadership::isCertain, leadership::wins, leadership.terms().margin()),
                    FailoverAssembly::mayKeepStaleMappings,
                    namespace,
                    clocks.wall())))
        : Optional.empty();
  }

  /** Reports nodes that are still fenced: only mode {@code enforce} un-fences them. */
  private void reportLeftFences(FenceLedger ledger) {
    List<String> left = ledger.leftFences();
    if (left.isEmpty()) {
      problems.solved(LEFT_FENCES);
    } else {
      problems.found(
          LEFT_FENCES,
          String.join("; ", left)
              + ". In mode observe, rwop-guard does not un-fence nodes. Set rwop-guard.failover.mode=enforce until the nodes are back, or un-fence them manually and delete the ConfigMaps");
    }
  }

  private void repeat(String subject, LongConsumer task) {
    repeat(subject, Duration.ofSeconds(1), task);
  }

  private void repeat(String subject, Duration every, LongConsumer task) {
    var unused =
        aside.scheduleWithFixedDelay(
            () -> {
              try {
                task.accept(clocks.nanos());
                problems.solved(subject);
              } catch (Throwable e) {
                problems.found(subject, e);
              }
            },
            1,
            every.toSeconds(),
            TimeUnit.SECONDS);
  }

  private LeaderElection.Terms terms() {
    Duration lease = settings.leaseDuration();
    return new LeaderElection.Terms(lease, lease.multipliedBy(2).dividedBy(3), lease.dividedBy(6));
  }

  /** Prepares the election whose state {@link #isHealthy} returns. */
  LeaderElection elect(Heartbeats heartbeats, ApiServerHealth contact) {
    LeaderElection leadership = leadership(heartbeats, contact);
    election = Optional.of(leadership);
    return leadership;
  }

  private LeaderElection leadership(Heartbeats heartbeats, ApiServerHealth contact) {
    return new LeaderElection(
        client.get(),
        "failover",
        PodEnvironment.namespace(config).orElseThrow(),
        settings.lease(),
        Map.of(PrimaryLease.LABEL, PrimaryLease.ELECTION),
        terms(),
        problems,
        new LeaderElection.Contact() {
          @Override
          public void answered(Duration took) {
            long now = clocks.nanos();
            if (contact.answered(now, took)) {
              heartbeats.beginAnew(now);
            }
          }

          @Override
          public void failed() {
            contact.failed(clocks.nanos());
          }
        },
        () -> {},
        new LeaderElection.Standing() {
          @Override
          public boolean makesProgress() {
            return progress.isRecent();
          }

          @Override
          public Optional<String> obstacle() {
            return whyNotStanding();
          }
        },
        clocks.monotonic(),
        clocks.wall());
  }

  /**
   * Returns whether the election and the controller's loop work, which is also true where failover
   * is switched off. An API server that does not answer is no reason to be unhealthy.
   */
  boolean isHealthy() {
    return election.map(LeaderElection::isHealthy).orElse(true);
  }

  /**
   * Returns why this replica is no candidate in the election. Empty if it is one, and where
   * failover is switched off.
   */
  Optional<String> whyNotStanding() {
    return eligibility.flatMap(LeadershipEligibility::obstacle);
  }

  /**
   * Returns whether failover is the only part of this process. Otherwise another part decides
   * whether the process is ready.
   */
  boolean isAlone() {
    return !config.run().contains(ProcessPart.ADMISSION);
  }

  /** Returns the failover report; empty where failover is switched off. */
  Optional<FailoverReport> report() {
    return report;
  }

  void stop(@Observes ShutdownEvent event) {
    clock.shutdownNow();
    leases.shutdownNow();
    workers.shutdown();
    try {
      // their writes must end before the service gives the Lease back
      if (!workers.awaitTermination(LONGEST_WRITE.toMillis(), TimeUnit.MILLISECONDS)) {
        workers.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    aside.shutdownNow();
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        problems.found("shutdown of failover", e);
      }
    }
  }
}
