package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.CLAIMS;
import static io.rwopguard.simulation.SimulatedApiServer.NODES;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;
import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The controllers of StatefulSets and ReplicaSets, and the scheduler. */
final class Workloads {

  private final World world;
  private boolean awake;
  private int created;

  Workloads(World world) {
    this.world = world;
  }

  void wake() {
    wakeAfter(world.time.between(100 * MILLISECOND, 800 * MILLISECOND));
  }

  private void wakeAfter(long nanos) {
    if (!awake) {
      awake = true;
      world.time.after(
          nanos,
          () -> {
            awake = false;
            for (Workload workload : world.workloads) {
              reconcile(workload);
            }
            if (schedule()) {
              wakeAfter(5 * SECOND);
            }
          });
    }
  }

  private void reconcile(Workload workload) {
    ObjectNode object = world.api.get(workload.type(), workload.key());
    int replicas =
        object == null || Json.isBeingDeleted(object)
            ? 0
            : object.path("spec").path("replicas").asInt(1);
    int there = 0;
    int any = 0;
    for (JsonNode pod : world.api.list(PODS)) {
      if (workload.owns(Json.key(pod))) {
        any++;
        if (!Json.isBeingDeleted(pod)) {
          there++;
          if (replicas == 0) {
            world.deleted(pod, Volume.Cause.STOCK);
            world.api.delete(PODS, Json.key(pod), SimulatedApiServer.options(-1));
          }
        }
      }
    }
    if (replicas > 0 && (workload.set ? any == 0 : there == 0)) {
      world.createPod(workload, workload.set ? "0" : "r" + ++created, "");
    }
  }

  /** Returns whether Pods are left that fit nowhere. */
  private boolean schedule() {
    boolean pending = false;
    for (JsonNode pod : world.api.list(PODS)) {
      if (pod.path("spec").path("nodeName").asText("").isEmpty() && !Json.isBeingDeleted(pod)) {
        pending |= !schedule(pod);
      }
    }
    return pending;
  }

  private boolean schedule(JsonNode pod) {
    for (Volume volume : world.volumesOf(pod)) {
      JsonNode claim = world.api.get(CLAIMS, volume.claim);
      if (claim == null
          || Json.isBeingDeleted(claim)
          || (volume.exclusive && isUsed(volume, pod))) {
        return false;
      }
    }
    Workload workload = world.workloadOf(Json.key(pod));
    int first = (int) world.time.between(0, world.machines.size());
    for (int i = 0; i < world.machines.size(); i++) {
      Machine machine = world.machines.get((first + i) % world.machines.size());
      JsonNode node = world.api.get(NODES, "/" + machine.name);
      if (node != null
          && !machine.full
          && (workload.nodes.isEmpty() || workload.nodes.contains(machine.name))
          && Json.isReady(node)
          && !node.path("spec").path("unschedulable").asBoolean()
          && node.path("spec").path("taints").isEmpty()
          && sharedVolumesAllow(workload, pod, machine)) {
        world.trace("Pod %s is scheduled to %s", Json.key(pod), machine.name);
        world.api.edit(
            PODS,
            Json.key(pod),
            json -> {
              json.withObjectProperty("spec").put("nodeName", machine.name);
              json.withObjectProperty("status")
                  .put("podIP", "10.1." + machine.index + "." + Json.uid(pod));
            });
        world.wakeKubelet(machine.name);
        return true;
      }
    }
    return false;
  }

  /** A ReadWriteOnce volume is where its other Pods are; people see to that with affinity. */
  private boolean sharedVolumesAllow(Workload workload, JsonNode pod, Machine machine) {
    for (JsonNode other : world.api.list(PODS)) {
      String node = other.path("spec").path("nodeName").asText("");
      boolean shares =
          !Json.key(other).equals(Json.key(pod))
              && world.volumesOf(other).stream().anyMatch(workload.volumes::contains);
      if (shares && !node.isEmpty() && !node.equals(machine.name)) {
        return false;
      }
    }
    return true;
  }

  private boolean isUsed(Volume volume, JsonNode pod) {
    for (JsonNode other : world.api.list(PODS)) {
      if (!Json.uid(other).equals(Json.uid(pod))
          && !other.path("spec").path("nodeName").asText("").isEmpty()
          && world.volumesOf(other).contains(volume)) {
        return true;
      }
    }
    return false;
  }
}
