package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.SECOND;

import io.rwopguard.failover.plan.ProbeSchedule.Target;
import java.util.HashMap;
import java.util.Map;

/** Carries a replica's probes to nodes and Pods. */
final class SimulatedNetwork {

  private final Replica replica;

  /** Lost packets are single ones: after a lost one the next one arrives. */
  private final Map<Target, Boolean> lost = new HashMap<>();

  SimulatedNetwork(Replica replica) {
    this.replica = replica;
  }

  void start() {
    probe();
  }

  private void probe() {
    if (replica.dead) {
      return;
    }
    World world = replica.world;
    if (replica.isSuspended()) {
      world.time.at(replica.suspendedUntil, this::probe);
      return;
    }
    for (Target target : replica.controller.probes(replica.nanos())) {
      probe(target);
    }
    world.time.after(world.probeInterval(), this::probe);
  }

  private void probe(Target target) {
    World world = replica.world;
    Machine machine = world.machine(target.node());
    boolean packetLost =
        machine.losses > 0 && !lost.getOrDefault(target, false) && world.time.chance(0.5);
    lost.put(target, packetLost);
    boolean reached = machine.answers() && replica.networkCuts == 0 && !packetLost;
    if (reached) {
      replica.probed(machine);
      replica.controller.probed(target, true, replica.nanos());
      return;
    }
    world.time.after(SECOND, () -> failed(target));
  }

  private void failed(Target target) {
    if (replica.isSuspended()) {
      replica.world.time.at(replica.suspendedUntil, () -> failed(target));
    } else if (!replica.dead) {
      replica.controller.probed(target, false, replica.nanos());
    }
  }
}
