package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MINUTE;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.FailoverConfig;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.simulation.Checker.Invariant;
import io.rwopguard.simulation.Checker.Violation;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Runs one schedule: a cluster and faults drawn from a seed. The same seed, faults and old
 * behaviors give the same schedule.
 */
final class Simulation {

  private static final long TRUSTED_WITHIN = 2 * MINUTE;
  private static final long ENDS_WITHIN = 40 * MINUTE;
  private static final Map<Map<String, String>, FailoverConfig> SETTINGS =
      new ConcurrentHashMap<>();

  private final long seed;
  private final Set<OldBehavior> old;
  private final Set<Invariant> ignored;
  private int deniesDeletions;
  private Map<String, Long> lateWrites = Map.of();

  Simulation(long seed, Set<OldBehavior> old, Set<Invariant> ignored) {
    this.seed = seed;
    this.old = old;
    this.ignored = ignored;
  }

  /**
   * Returns the same simulation, with a webhook that denies every deletion of a Pod by this code.
   */
  Simulation denyingDeletionsBy(int code) {
    deniesDeletions = code;
    return this;
  }

  private Scenario scenario() {
    return new Scenario(new SplittableRandom(seed));
  }

  /** The faults that belong to the seed. */
  List<Fault> faults() {
    return FaultPlan.draw(new SplittableRandom(~seed), scenario());
  }

  Optional<Violation> run() {
    return run(faults(), null);
  }

  /** Runs the schedule with these faults, and tells its timeline if anything listens. */
  Optional<Violation> run(List<Fault> faults, Consumer<String> timeline) {
    Scenario scenario = scenario();
    try (Logs logs = new Logs()) {
      return run(scenario, faults, timeline, logs);
    }
  }

  private Optional<Violation> run(
      Scenario scenario, List<Fault> faults, Consumer<String> timeline, Logs logs) {
    World world = new World(seed, scenario, settings(scenario.settings), old, ignored, timeline);
    world.deniesDeletions = deniesDeletions;
    new FaultInjector(world).plan(faults);
    new End(world).check();
    world.time.runUntil(24 * 60 * MINUTE);
    lateWrites = world.lateWrites.counts();
    Throwable failure = logs.takeFailure();
    if (failure != null) {
      world.checker.failed(failure);
    }
    return world.checker.violation();
  }

  /** The writes in the last run that arrived after another replica led, by kind. */
  Map<String, Long> lateWrites() {
    return lateWrites;
  }

  private static FailoverConfig settings(Map<String, String> settings) {
    return SETTINGS.computeIfAbsent(
        settings,
        written ->
            new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withMapping(RwopGuardConfig.class)
                .withSources(new PropertiesConfigSource(written, "simulation", 1000))
                .build()
                .getConfigMapping(RwopGuardConfig.class)
                .failover());
  }

  /** Finds the smallest part of the faults with which the same invariant is violated. */
  List<Fault> shrink(Violation violation) {
    List<Fault> faults = new ArrayList<>(faults());
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (int i = 0; i < faults.size(); i++) {
        List<Fault> fewer = new ArrayList<>(faults);
        fewer.remove(i);
        if (run(fewer, null).filter(v -> v.invariant() == violation.invariant()).isPresent()) {
          faults = fewer;
          smaller = true;
          break;
        }
      }
    }
    return faults;
  }

  /** Ends the schedule once all is as it has to be, or is not in time. */
  private static final class End {

    private static final String TAINT = "rwop-guard.io/failed-over";
    private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

    private final World world;

    End(World world) {
      this.world = world;
    }

    void check() {
      if (world.time.now() > world.faultsEnd + 20 * SECOND) {
        boolean tainted = checkTaints();
        boolean open = !world.checker.open().isEmpty();
        if (open && world.time.now() > world.faultsEnd + ENDS_WITHIN) {
          world.checker.violated(
              Invariant.FAILOVER_NEVER_ENDS, "still open: " + world.checker.open());
        }
        if (!open && !tainted) {
          world.time.end();
        }
      }
      world.time.after(10 * SECOND, this::check);
    }

    /** A node whose drivers keep stale mappings stays tainted until people reboot it. */
    private static boolean isTaken(JsonNode node) {
      JsonNode taint = Json.taint(node, TAINT);
      return taint != null && !taint.path("value").asText().startsWith("reboot");
    }

    /** Returns whether a machine that is well still has a taint of the controller's. */
    private boolean checkTaints() {
      boolean any = false;
      for (Machine machine : world.machines) {
        JsonNode node = world.api.get(SimulatedApiServer.NODES, "/" + machine.name);
        JsonNode outOfService = node == null ? null : Json.taint(node, OUT_OF_SERVICE);
        boolean tainted =
            node != null
                && (isTaken(node)
                    || (outOfService != null
                        && outOfService.path("value").asText().equals("rwop-guard")));
        if (tainted && machine.isConnected() && !world.fence.isLying()) {
          any = true;
          long since = Math.max(machine.healthySince, world.faultsEnd);
          if (world.time.now() - since > TRUSTED_WITHIN) {
            world.checker.violated(
                Invariant.NODE_STAYS_TAINTED,
                "%s has been well for %d s and is still tainted"
                    .formatted(machine.name, (world.time.now() - since) / SECOND));
          }
        }
      }
      return any;
    }
  }
}
