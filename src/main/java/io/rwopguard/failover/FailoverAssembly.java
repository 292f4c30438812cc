package io.rwopguard.failover;

import io.rwopguard.config.FailoverConfig;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.detection.CrashLoopMonitor;
import io.rwopguard.failover.detection.NodeHealthMonitor;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.NodeCoverage;
import io.rwopguard.failover.eligibility.PodFactsReader;
import io.rwopguard.failover.eligibility.SingleWriterPods;
import io.rwopguard.failover.execution.ActiveFailovers;
import io.rwopguard.failover.execution.FailoverStarter;
import io.rwopguard.failover.execution.FailoverWorker;
import io.rwopguard.failover.execution.TaintCleanup;
import io.rwopguard.failover.execution.WorkerAssembly;
import io.rwopguard.failover.manual.ManualFailoverHandler;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.DriverGuarantees;
import io.rwopguard.failover.plan.NodeHealthEvaluator;
import io.rwopguard.failover.plan.SuspicionThreshold;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.PrimaryLeases;
import io.rwopguard.failover.record.TokenLedger;
import io.rwopguard.failover.report.EventRecorder;
import io.rwopguard.failover.report.FailoverAnnotations;
import java.util.function.Function;
import java.util.function.Predicate;

/** Assembles the failover controller. */
final class FailoverAssembly {

  private FailoverAssembly() {}

  /** Assembles the controller from these settings and ports. */
  static FailoverController assemble(FailoverConfig settings, Ports ports) {
    Clocks clocks = ports.clocks();
    FailoverStore objects = new FailoverStore(ports.api(), ports.leadership()::isCertain);
    NodeHealthMonitor health =
        new NodeHealthMonitor(
            ports.view(),
            ports.heartbeats(),
            ports.reachability(),
            ports.contact(),
            ports.watches(),
            new NodeHealthEvaluator(
                new SuspicionThreshold(settings.suspectAfter()),
                FailoverSettings.limits(settings),
                ports.node()),
            ports.prober(),
            ports.fence(),
            clocks);
    DriverGuarantees statements = FailoverSettings.statements(settings);
    PodFactsReader reader = new PodFactsReader(objects, ports.inventory());
    CandidateSelector candidates = new CandidateSelector(reader, statements);
    ActiveFailovers failovers =
        new ActiveFailovers(
            new FailoverRecords(objects, ports.namespace(), ports.problems()),
            budget(settings.limits()),
            clocks);
    Predicate<String> revokes =
        driver -> isKnown(driver, DriverKnowledge::revocation, Revocation.ON_UNPUBLISH);
    NodeCoverage coverage =
        new NodeCoverage(objects, reader, candidates, statements, ports.fence(), revokes);
    FailoverAnnotations annotations = new FailoverAnnotations(objects, ports.problems());
    FailoverWorker worker =
        WorkerAssembly.assemble(
            new WorkerAssembly.Parts(
                failovers,
                objects,
                ports.inventory(),
                candidates,
                coverage,
                annotations,
                ports.fence(),
                revokes,
                driver -> isKnown(driver, DriverKnowledge::staleMappings, Answer.YES),
                ports.speaker(),
                ports.problems(),
                clocks));
    FailoverStarter starter =
        new FailoverStarter(
            objects, candidates, coverage, failovers, annotations, ports.speaker(), clocks);
    return new FailoverController(
        new FailoverController.Parts(
            objects,
            ports.view(),
            health,
            new SingleWriterPods(objects, ports.inventory()),
            ports.leadership(),
            candidates,
            failovers,
            worker,
            starter,
            primaryLeases(settings, ports, objects),
            new ManualFailoverHandler(
                ports.view(), objects, candidates, starter, failovers, ports.namespace(), clocks),
            new TaintCleanup(
                objects,
                ports.fence(),
                ports.events(),
                settings.maintenance().recoveryHoldOff(),
                worker::removing,
                node ->
                    ports
                        .heartbeats()
                        .of(node, clocks.nanos())
                        .filter(SuspicionThreshold::isLate)
                        .isPresent()),
            new CrashLoopMonitor(
                objects,
                ports.inventory(),
                ports.events(),
                ports.metrics(),
                settings.failingPods(),
                () ->
                    settings.mode() == FailoverMode.ENFORCE
                        && !FailoverService.isPaused(ports.leadership())),
            new Lanes(ports.workers(), ports.problems()),
            ports.fence(),
            ports.speaker(),
            ports.problems(),
            clocks),
        settings.mode(),
        settings.scanInterval());
  }

  private static PrimaryLeases primaryLeases(
      FailoverConfig settings, Ports ports, FailoverStore objects) {
    return new PrimaryLeases(
        new PrimaryLeases.Parts(
            objects,
            new TokenLedger(objects, ports.namespace(), ports.clocks(), ports.problems()),
            ports.inventory(),
            ports.view()::lease,
            ports.problems(),
            ports.clocks(),
            ports.namespace(),
            settings.lease()),
        (claim, why) ->
            ports
                .events()
                .say(
                    EventRecorder.About.claim(claim.namespace(), claim.name()),
                    true,
                    "FencingTokenRefused",
                    why),
        ports.leases());
  }

  /** Returns whether a driver keeps stale mappings, or is not known to keep none. */
  static boolean mayKeepStaleMappings(String driver) {
    return !isKnown(driver, DriverKnowledge::staleMappings, Answer.NO);
  }

  private static <T> boolean isKnown(
      String driver, Function<DriverKnowledge, T> property, T expected) {
    return Drivers.of(driver).map(property).filter(expected::equals).isPresent();
  }

  private static Budget budget(FailoverConfig.Limits limits) {
    return new Budget(limits.maxPerClaimPerHour(), limits.maxPerNodePerHour(), limits.maxPerHour());
  }
}
