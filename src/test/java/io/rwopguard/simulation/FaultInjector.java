package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.CLAIMS;
import static io.rwopguard.simulation.SimulatedApiServer.NODES;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Makes faults begin and end. */
final class FaultInjector {

  private final World world;

  FaultInjector(World world) {
    this.world = world;
  }

  void plan(List<Fault> faults) {
    for (Fault fault : faults) {
      world.faultsEnd = Math.max(world.faultsEnd, fault.end());
      world.time.at(fault.at(), () -> begin(fault));
      if (fault.lasts() > 0) {
        world.time.at(fault.end(), () -> end(fault));
      }
    }
  }

  private Machine machine(Fault fault) {
    return world.machines.get(fault.subject() % world.machines.size());
  }

  private Workload workload(Fault fault) {
    return world.workloads.get(fault.subject() % world.workloads.size());
  }

  /** Every second fault of replicas meets the leader. */
  static boolean meetsLeader(int detail) {
    return detail % 2 == 0;
  }

  private Replica replica(Fault fault) {
    if (meetsLeader(fault.detail())) {
      for (Replica replica : world.replicas) {
        if (replica.candidate.isLeader()) {
          return replica;
        }
      }
    }
    return world.replicas.get(fault.subject() % world.replicas.size());
  }

  private void begin(Fault fault) {
    world.trace("FAULT %s", fault);
    switch (fault.kind()) {
      case NODE_OFF -> world.powerOff(machine(fault), false);
      case NODE_CUT_FROM_API -> machine(fault).apiCuts++;
      case NODE_CUT_FROM_ALL -> machine(fault).networkCuts++;
      case KUBELET_DOWN -> machine(fault).kubeletDowns++;
      case PACKETS_LOST -> machine(fault).losses++;
      case SLOW_API -> world.slowness = 100 + fault.detail() % 800;
      case REPLICA_CUT_FROM_API -> cut(replica(fault), fault.lasts());
      case REPLICA_SUSPENDED -> replica(fault).suspend(fault.lasts(), fault.detail() % 3 == 0);
      case REPLICA_CRASH -> replica(fault).crash();
      case REQUEST_ACCIDENT -> accident(fault);
      case WATCH_HANGS -> hang(fault);
      case FORCE_DELETE -> delete(fault, 0);
      case DELETE_POD -> delete(fault, -1);
      case CORDON -> cordon(fault, true);
      case PAUSE -> pause(true);
      case SCALE_TO_ZERO -> scale(fault, 0);
      case OPT_OUT -> optOut(fault);
      case DELETE_CLAIM -> deleteClaim(fault);
      case DELETE_WORKLOAD -> deleteWorkload(fault);
      case RECREATE -> new Recreation(world, workload(fault), fault.detail()).begin();
    }
  }

  private void end(Fault fault) {
    Machine machine = machine(fault);
    switch (fault.kind()) {
      case NODE_OFF -> world.powerOn(machine);
      case NODE_CUT_FROM_API -> {
        machine.apiCuts--;
        long answers = machine.answersSince;
        world.recovered(machine);
        machine.answersSince = answers;
      }
      case NODE_CUT_FROM_ALL -> {
        machine.networkCuts--;
        world.recovered(machine);
      }
      case KUBELET_DOWN -> {
        machine.kubeletDowns--;
        long answers = machine.answersSince;
        world.recovered(machine);
        machine.answersSince = answers;
      }
      case PACKETS_LOST -> machine.losses--;
      case SLOW_API -> world.slowness = 0;
      case CORDON -> cordon(fault, false);
      case PAUSE -> pause(false);
      case SCALE_TO_ZERO -> scale(fault, 1);
      default -> {}
    }
    world.trace("END of %s", fault);
  }

  private void cut(Replica replica, long lasts) {
    replica.apiCuts++;
    world.time.after(
        lasts,
        () -> {
          replica.apiCuts--;
          replica.connectedSince = world.time.now();
        });
  }

  private void accident(Fault fault) {
    int detail = fault.detail();
    replica(fault)
        .requests
        .arm(
            Accident.of(detail),
            Accident.meetsWrites(detail),
            Accident.countdown(detail),
            Accident.delay(detail));
  }

  private void hang(Fault fault) {
    List<String> types = World.WATCHED.stream().sorted().toList();
    replica(fault)
        .feed
        .hang(types.get(fault.detail() / 2 % types.size()), world.time.now() + fault.lasts());
  }

  private void delete(Fault fault, long grace) {
    for (JsonNode pod : world.api.list(PODS)) {
      if (workload(fault).owns(Json.key(pod))) {
        world.deleted(pod, Volume.Cause.STOCK);
        world.api.delete(PODS, Json.key(pod), SimulatedApiServer.options(grace));
      }
    }
  }

  private void cordon(Fault fault, boolean cordoned) {
    world.api.edit(
        NODES,
        "/" + machine(fault).name,
        node -> node.withObjectProperty("spec").put("unschedulable", cordoned));
  }

  private void pause(boolean paused) {
    world.election.paused = paused;
    world.election.version++;
  }

  private void scale(Fault fault, int replicas) {
    Workload workload = workload(fault);
    world.api.edit(
        workload.type(),
        workload.key(),
        json -> json.withObjectProperty("spec").put("replicas", replicas));
  }

  private void optOut(Fault fault) {
    Workload workload = workload(fault);
    if (workload.consents()) {
      workload.optedOut = true;
      workload.refusedSince = world.time.now();
    }
    world.api.edit(
        workload.type(),
        workload.key(),
        json ->
            json.withObjectProperty("metadata")
                .withObjectProperty("annotations")
                .put("rwop-guard.io/failover", "disabled"));
  }

  private void deleteClaim(Fault fault) {
    String claim = workload(fault).volumes.get(0).claim;
    if (world.api.get(CLAIMS, claim) != null) {
      world.api.delete(CLAIMS, claim, SimulatedApiServer.options(-1));
    }
  }

  private void deleteWorkload(Fault fault) {
    Workload workload = workload(fault);
    if (world.api.get(workload.type(), workload.key()) != null) {
      world.api.delete(workload.type(), workload.key(), SimulatedApiServer.options(-1));
    }
  }
}
