package io.rwopguard.failover;

import io.rwopguard.config.FailoverConfig;
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
import io.rwopguard.failover.report.FailoverAnnotations;
import io.rwopguard.kube.EventRecorder;
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
    FailoverSwitch enabled = new FailoverSwitch(settings.mode(), ports.leadership());
    Lanes lanes = new Lanes(ports.workers(), ports.problems());
    NodeObserver observer =
        new NodeObserver(
            ports.view(),
            health,
            new SingleWriterPods(objects, ports.inventory()),
            settings.scanInterval());
    FailoverDecider decider =
        new FailoverDecider(
            observer,
            candidates,
            failovers,
            starter,
            new ManualFailoverHandler(
                ports.view(), objects, candidates, starter, failovers, ports.namespace(), clocks),
            enabled,
            lanes,
            ports.speaker(),
            clocks);
    return new FailoverController(
        observer,
        new Leadership(ports.leadership(), enabled, clocks),
        new FailoverEngine(
            observer,
            decider,
            failovers,
            worker,
            new StuckFailovers(ports.speaker(), ports.problems(), clocks),
            enabled,
            lanes),
        new LeaderTasks(
            observer,
            new Takeover(
                observer,
                failovers,
                worker,
                ports.fence(),
                objects::clusterUid,
                ports.speaker(),
                ports.problems()),
            taints(settings, ports, objects, worker),
            primaryLeases(settings, ports, objects),
            crashLoops(settings, ports, objects, enabled),
            enabled,
            lanes),
        ports.problems(),
        clocks);
  }

  private static TaintCleanup taints(
      FailoverConfig settings, Ports ports, FailoverStore objects, FailoverWorker worker) {
    return new TaintCleanup(
        objects,
        ports.fence(),
        ports.events(),
        settings.maintenance().recoveryHoldOff(),
        worker::removing,
        node ->
            ports
                .heartbeats()
                .of(node, ports.clocks().nanos())
                .filter(SuspicionThreshold::isLate)
                .isPresent());
  }

  private static CrashLoopMonitor crashLoops(
      FailoverConfig settings, Ports ports, FailoverStore objects, FailoverSwitch enabled) {
    return new CrashLoopMonitor(
        objects,
        ports.inventory(),
        ports.events(),
        ports.metrics(),
        settings.failingPods(),
        enabled::isActive);
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
