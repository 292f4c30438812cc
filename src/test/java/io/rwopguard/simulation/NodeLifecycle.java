package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.LEASES;
import static io.rwopguard.simulation.SimulatedApiServer.NODES;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/** The node lifecycle controller, taint eviction and PodGC. */
final class NodeLifecycle {

  private static final String UNREACHABLE = "node.kubernetes.io/unreachable";
  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
  private static final long GRACE = 50 * SECOND;

  private record Beat(String renewTime, long seen) {}

  private final World world;
  private final Map<String, Beat> beats = new HashMap<>();
  private final Map<String, Long> taintedSince = new HashMap<>();

  NodeLifecycle(World world) {
    this.world = world;
  }

  void start() {
    world.time.after(world.time.between(0, 5 * SECOND), this::monitor);
    world.time.after(world.time.between(0, 20 * SECOND), this::collect);
  }

  private void monitor() {
    for (ObjectNode node : world.api.list(NODES)) {
      String name = Json.name(node);
      JsonNode lease = world.api.get(LEASES, "kube-node-lease/" + name);
      String renewed = lease == null ? "" : lease.path("spec").path("renewTime").asText();
      Beat beat = beats.get(name);
      if (beat == null || !beat.renewTime().equals(renewed)) {
        beat = new Beat(renewed, world.time.now());
        beats.put(name, beat);
      }
      if (world.time.now() - beat.seen() > GRACE) {
        unreachable(node);
      } else if (Json.isReady(node) && Json.hasTaint(node, UNREACHABLE)) {
        world.trace("node %s is Ready again", name);
        world.api.edit(NODES, "/" + name, json -> Json.removeTaint(json, UNREACHABLE));
        taintedSince.remove(name);
      }
    }
    evict();
    world.time.after(5 * SECOND, this::monitor);
  }

  private void unreachable(ObjectNode node) {
    String name = Json.name(node);
    if (Json.hasTaint(node, UNREACHABLE) && !Json.isReady(node)) {
      return;
    }
    world.trace("node %s is NotReady", name);
    taintedSince.put(name, world.time.now());
    world.api.edit(
        NODES,
        "/" + name,
        json -> {
          Json.ready(json, "Unknown");
          Json.removeTaint(json, UNREACHABLE);
          for (String effect : new String[] {"NoSchedule", "NoExecute"}) {
            json.withObjectProperty("spec")
                .withArray("taints")
                .addObject()
                .put("key", UNREACHABLE)
                .put("effect", effect);
          }
        });
    for (JsonNode pod : world.api.list(PODS)) {
      if (isOn(pod, name)) {
        world.api.edit(PODS, Json.key(pod), json -> Json.ready(json, "False"));
      }
    }
  }

  private static boolean isOn(JsonNode pod, String node) {
    return pod.path("spec").path("nodeName").asText("").equals(node);
  }

  /** Taint eviction names neither a UID nor a grace period. */
  private void evict() {
    for (var tainted : Map.copyOf(taintedSince).entrySet()) {
      for (JsonNode pod : world.api.list(PODS)) {
        Workload workload = world.workloadOf(Json.key(pod));
        if (isOn(pod, tainted.getKey())
            && !Json.isBeingDeleted(pod)
            && workload != null
            && world.time.now() - tainted.getValue() >= workload.tolerationSeconds * SECOND) {
          world.trace("taint eviction deletes Pod %s", Json.key(pod));
          world.deleted(pod, Volume.Cause.STOCK);
          world.api.delete(PODS, Json.key(pod), SimulatedApiServer.options(-1));
        }
      }
    }
  }

  private void collect() {
    for (JsonNode pod : world.api.list(PODS)) {
      String nodeName = pod.path("spec").path("nodeName").asText("");
      JsonNode node = world.api.get(NODES, "/" + nodeName);
      if (!nodeName.isEmpty() && node == null) {
        forceDelete(pod, Volume.Cause.STOCK);
      } else if (node != null
          && Json.isBeingDeleted(pod)
          && !Json.isReady(node)
          && Json.hasTaint(node, OUT_OF_SERVICE)) {
        JsonNode taint = Json.taint(node, OUT_OF_SERVICE);
        boolean ours = taint.path("value").asText().equals("rwop-guard");
        forceDelete(pod, ours ? Volume.Cause.CONTROLLER : Volume.Cause.STOCK);
      }
    }
    world.time.after(20 * SECOND, this::collect);
  }

  private void forceDelete(JsonNode pod, Volume.Cause cause) {
    world.trace("PodGC force-deletes Pod %s", Json.key(pod));
    if (cause == Volume.Cause.CONTROLLER && !isCovered(pod)) {
      world.checker.consent(
          Json.key(pod), "force-deleted by PodGC because of the controller's taint");
    }
    world.deleted(pod, cause);
    world.api.delete(PODS, Json.key(pod), SimulatedApiServer.options(0));
  }

  /**
   * Returns whether nothing of the Pod can write any more, or not once its volumes are detached.
   * The taint may do that much to a Pod which Kubernetes itself has evicted.
   */
  private boolean isCovered(JsonNode pod) {
    String node = pod.path("spec").path("nodeName").asText();
    // a machine that is off runs nothing, and starts no Pod whose object is gone
    return !world.machine(node).isOn()
        || world.volumesOf(pod).stream()
            .allMatch(volume -> volume.driver.statedRevoking() || !volume.canBeWrittenFrom(node));
  }
}
