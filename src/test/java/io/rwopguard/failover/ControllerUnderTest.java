package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.config.FailoverConfig;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.ClusterFenceApi;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.fence.ApiLedgerStore;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.fence.FenceLedger;
import io.rwopguard.failover.fence.FenceProvider;
import io.rwopguard.failover.fence.FenceRegistry;
import io.rwopguard.failover.fence.FenceRoutes;
import io.rwopguard.failover.fence.RegistryFence;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.ProbeSchedule.Target;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.plan.SuspicionThreshold;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.failover.report.FailoverTraces;
import io.rwopguard.inventory.cluster.FedInventory;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Election;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.simulation.OldBehavior;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The real controller, with everything that is outside of it supplied by a simulation. */
public final class ControllerUnderTest {

  /** The environment of the controller. */
  public interface Surroundings {

    FailoverConfig settings();

    ClusterApi api();

    String node();

    boolean isLeader();

    boolean isCertain();

    Map<String, String> electionAnnotations();

    String holder();

    long epoch();

    /** True if a list from the API server would say the same of the nodes as the watches. */
    boolean watchesAreCurrent();

    long nanos();

    Instant wall();

    void execute(Runnable work);

    FenceProvider fence();

    Set<String> fencedDrivers();

    Set<OldBehavior> old();

    boolean podExists(String namespace, String name, String uid);

    boolean hasNoSuccessor(String node);

    void say(String reason, String about, String message);
  }

  private static final String NAMESPACE = "rwop-guard";
  private static final FailoverMetrics METRICS = new FailoverMetrics(new SimpleMeterRegistry());

  private final Surroundings outside;
  private final Heartbeats heartbeats = new Heartbeats();
  private final Reachability reachability = new Reachability();
  private final ApiServerHealth contact;
  private final ProbeSchedule schedule;
  private final FedInventory inventory = new FedInventory();
  private final Map<String, NodeFacts> nodes = new HashMap<>();
  private final Map<String, PrimaryLease> leases = new HashMap<>();
  private final FailoverController controller;
  private boolean writesLeases;

  public ControllerUnderTest(Surroundings outside) {
    this.outside = outside;
    this.contact = new ApiServerHealth(outside.nanos(), Duration.ofSeconds(1));
    this.schedule =
        new ProbeSchedule(reachability, heartbeats, outside.settings().limits().suspectPercent());
    ConditionLog problems = new ConditionLog(ControllerUnderTest.class, "docs/guides/failover.md");
    EventSink events =
        (about, warning, reason, message, gist) ->
            outside.say(reason, about.kind() + " " + about.name(), message);
    controller =
        FailoverAssembly.assemble(
            outside.settings(),
            new Ports(
                outside.api(),
                outside.old().contains(OldBehavior.S14)
                    ? new OldInventory(inventory, this::isLate)
                    : inventory,
                new View(),
                heartbeats,
                new Prober(),
                reachability,
                new Elected(),
                contact,
                now -> outside.watchesAreCurrent(),
                Optional.of(fence()),
                outside.node(),
                events,
                METRICS,
                new FailoverReporter(
                    events,
                    METRICS,
                    FailoverTraces.NONE,
                    About.lease("rwop-guard", "rwop-guard-failover")),
                problems,
                new Clocks(outside::nanos, outside::wall),
                this::writeLeases,
                outside::execute,
                NAMESPACE));
  }

  public void look() {
    controller.look();
  }

  public void contactAnswered(long now, Duration took) {
    if (contact.answered(now, took)) {
      heartbeats.beginAnew(now);
    }
  }

  public void contactFailed(long now) {
    contact.failed(now);
  }

  /** Returns what is to be probed now. */
  public List<Target> probes(long now) {
    return schedule.next(now);
  }

  public void probed(Target target, boolean reached, long now) {
    if (!reached && outside.old().contains(OldBehavior.S6)) {
      // a single lost packet counts as much as three in a row over six seconds
      for (long before = 6; before > 0; before -= 2) {
        long at = now - Duration.ofSeconds(before).toNanos();
        reachability.tried(target.node(), target.endpoint(), false, at);
      }
    }
    schedule.done(target, reached, now);
  }

  /** A watch tells of a change; an object that is null is gone. */
  public void changed(String type, String key, JsonNode object, long now) {
    switch (type) {
      case "nodes" -> put(nodes, key, object == null ? null : NodeReader.read(object));
      case "leases" -> lease(key, object, now);
      default -> inventory.changed(type, key, object);
    }
  }

  private static <T> void put(Map<String, T> map, String key, T value) {
    if (value == null) {
      map.remove(key);
    } else {
      map.put(key, value);
    }
  }

  private void lease(String key, JsonNode lease, long now) {
    if (key.startsWith(FailoverStore.NODE_LEASES + "/")) {
      String node = key.substring(key.indexOf('/') + 1);
      if (lease == null) {
        heartbeats.gone(node);
      } else {
        heartbeats.seen(node, NodeReader.renewTime(lease), NodeReader.leaseDuration(lease), now);
      }
    } else {
      put(leases, key, lease == null ? null : PrimaryLease.read(lease).orElse(null));
    }
  }

  /** Runs work beside the rest; what that work waits for itself is run at once. */
  private void writeLeases(Runnable work) {
    if (writesLeases) {
      work.run();
      return;
    }
    outside.execute(
        () -> {
          writesLeases = true;
          try {
            work.run();
          } finally {
            writesLeases = false;
          }
        });
  }

  private Fence fence() {
    FenceLedger ledger =
        new FenceLedger(
            new ApiLedgerStore(new ClusterFenceApi(outside.api(), this::mayWrite), NAMESPACE),
            NAMESPACE);
    FenceRegistry registry =
        new FenceRegistry(
            List.of(outside.fence()),
            new FenceRoutes(Map.of(outside.fence().name(), outside.fencedDrivers())),
            driver -> false,
            ledger,
            outside::wall);
    Fence fence = new RegistryFence(registry);
    return outside.old().isEmpty()
        ? fence
        : new OldFence(
            fence,
            outside.old(),
            record -> outside.podExists(record.namespace(), record.pod(), record.podUid()),
            outside::hasNoSuccessor);
  }

  private boolean mayWrite() {
    return outside.isCertain() || outside.old().contains(OldBehavior.UNCERTAIN);
  }

  private boolean isLate(String node) {
    return heartbeats.of(node, outside.nanos()).filter(SuspicionThreshold::isLate).isPresent();
  }

  private final class Prober implements Probes {

    @Override
    public void targets(Map<String, Set<Endpoint>> endpoints) {
      schedule.targets(endpoints, outside.nanos());
    }

    @Override
    public Round round(String node, long since) {
      return outside.old().contains(OldBehavior.S6)
          ? Round.UNREACHED
          : schedule.round(node, since, outside.nanos());
    }
  }

  private final class View implements ClusterState {

    @Override
    public boolean hasSynced() {
      return true;
    }

    @Override
    public List<NodeFacts> nodes() {
      return List.copyOf(nodes.values());
    }

    @Override
    public Optional<NodeFacts> node(String name) {
      return Optional.ofNullable(nodes.get("/" + name));
    }

    @Override
    public Optional<PrimaryLease> lease(ClaimKey claim) {
      return Optional.ofNullable(leases.get(claim.namespace() + "/" + PrimaryLease.nameOf(claim)));
    }

    @Override
    public List<RequestedFailover> requests() {
      return List.of();
    }
  }

  private final class Elected implements Election {

    @Override
    public boolean isLeader() {
      return outside.isLeader();
    }

    @Override
    public boolean isCertain() {
      return mayWrite();
    }

    @Override
    public Map<String, String> annotations() {
      return outside.electionAnnotations();
    }

    @Override
    public String holder() {
      return outside.holder();
    }

    @Override
    public long epoch() {
      return outside.epoch();
    }
  }
}
