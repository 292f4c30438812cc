package io.rwopguard.failover;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.rwopguard.cluster.Leadership;
import io.rwopguard.cluster.Problems;
import io.rwopguard.config.Failover;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.config.FenceType;
import io.rwopguard.config.PodEnvironment;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.failover.plan.ApiContact;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeJudge;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Suspicion;
import io.rwopguard.inventory.Inventory;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Puts the failover controller together and keeps it going, where it is switched on. */
@Singleton
final class FailoverService {

  /** On the election's Lease: nothing is deleted or released until it is removed. */
  static final String PAUSED = "rwop-guard.io/paused";

  private static final String DOCUMENT = "docs/failover.md";
  private static final Duration TICK = Duration.ofMillis(500);

  private final RwopGuardConfig config;
  private final Failover settings;
  private final Instance<KubernetesClient> client;
  private final Inventory inventory;
  private final Vertx vertx;
  private final FailoverMetrics metrics;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Problems problems = new Problems(FailoverService.class, DOCUMENT);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "failover");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Optional<FailoverReport> report = Optional.empty();

  FailoverService(
      RwopGuardConfig config,
      Instance<KubernetesClient> client,
      Inventory inventory,
      Vertx vertx,
      MeterRegistry registry) {
    this.config = config;
    this.settings = config.failover();
    this.client = client;
    this.inventory = inventory;
    this.vertx = vertx;
    this.metrics = new FailoverMetrics(registry);
  }

  void start(@Observes StartupEvent event) {
    if (settings.mode() == FailoverMode.OFF) {
      return;
    }
    FailoverController controller = assemble();
    var unused =
        clock.scheduleWithFixedDelay(controller::look, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private FailoverController assemble() {
    Heartbeats heartbeats = new Heartbeats();
    Reachability reachability = new Reachability();
    ApiContact contact = new ApiContact(System.nanoTime());
    Leadership leadership = leadership(heartbeats, contact);
    FailoverObjects objects = new FailoverObjects(client.get(), leadership::isCertain);
    ClusterView view = new ClusterView(client.get(), heartbeats);
    FailoverEvents events = new FailoverEvents(client.get(), problems);
    Speaker speaker =
        new Speaker(
            events,
            metrics,
            FailoverEvents.About.lease(
                PodEnvironment.namespace(config).orElseThrow(), settings.lease()));
    Prober prober = new Prober(vertx, reachability);
    Optional<FenceHook> fence =
        settings.fences().values().stream()
            .filter(each -> each.type() == FenceType.HTTPS)
            .findFirst()
            .map(each -> new FenceHook(vertx, each));
    NodeJudge judge =
        new NodeJudge(
            new Suspicion(settings.suspectAfter()),
            FailoverSettings.limits(settings),
            PodEnvironment.node().orElse(""));
    Candidates candidates =
        new Candidates(
            new PodFactsReader(objects, inventory),
            FailoverSettings.statements(settings),
            new Budget(
                settings.limits().ofWorkload(),
                settings.limits().ofNode(),
                settings.limits().inAll()));
    Failovers failovers =
        new Failovers(objects, new FailoverSteps(objects, inventory, fence), speaker, problems);
    PrimaryLeases primaryLeases = new PrimaryLeases(objects, inventory, view::lease, problems);
    FailoverController controller =
        new FailoverController(
            new FailoverController.Parts(
                view,
                inventory,
                heartbeats,
                reachability,
                contact,
                judge,
                prober,
                leadership,
                candidates,
                failovers,
                primaryLeases,
                new Requests(
                    view,
                    objects,
                    heartbeats,
                    reachability,
                    contact,
                    judge,
                    candidates,
                    failovers,
                    settings.mode()),
                new TaintKeeper(objects, settings.maintenance().trustedAgainAfter()),
                new FailingPods(
                    objects,
                    inventory,
                    events,
                    metrics,
                    settings.failingPods(),
                    settings.mode() == FailoverMode.ENFORCE),
                speaker,
                problems),
            settings.mode(),
            settings.scanEvery());
    open.addAll(List.of(leadership, view, events, prober, primaryLeases));
    fence.ifPresent(open::add);
    measure(leadership, controller);
    report = Optional.of(new FailoverReport(settings.mode(), leadership, controller, speaker));
    view.start();
    leadership.start();
    return controller;
  }

  private Leadership leadership(Heartbeats heartbeats, ApiContact contact) {
    Duration lease = settings.leaseDuration();
    return new Leadership(
        client.get(),
        "failover",
        PodEnvironment.namespace(config).orElseThrow(),
        settings.lease(),
        new Leadership.Terms(lease, lease.multipliedBy(2).dividedBy(3), lease.dividedBy(6)),
        problems,
        new Leadership.Contact() {
          @Override
          public void answered(Duration took) {
            long now = System.nanoTime();
            if (contact.answered(now, took)) {
              heartbeats.beginAnew(now);
            }
          }

          @Override
          public void failed() {
            contact.failed(System.nanoTime());
          }
        },
        () -> {});
  }

  private void measure(Leadership leadership, FailoverController controller) {
    metrics.watch(
        "rwop_guard_failover_leader",
        "1 on the replica that acts",
        () -> leadership.isLeader() ? 1 : 0);
    metrics.watch(
        "rwop_guard_failover_paused",
        "1 while somebody has paused failover",
        () -> controller.isPaused() ? 1 : 0);
    metrics.watch(
        "rwop_guard_failover_silent_nodes",
        "Nodes that have been silent for long",
        () ->
            controller.verdicts().values().stream()
                .filter(verdict -> verdict.state() != NodeVerdict.State.FINE)
                .count());
  }

  /** What goes on; empty where it is switched off. */
  Optional<FailoverReport> report() {
    return report;
  }

  void stop(@Observes ShutdownEvent event) {
    clock.shutdownNow();
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        problems.found("the end of failover", e);
      }
    }
  }
}
