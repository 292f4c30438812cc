package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.ATTACHMENTS;
import static io.rwopguard.simulation.SimulatedApiServer.LEASES;
import static io.rwopguard.simulation.SimulatedApiServer.NODES;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;
import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.simulation.Machine.Container;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The kubelet of a node: it renews the Lease, reports volumes in use, and runs containers. */
final class Kubelet {

  private static final String NODE_LEASES = "kube-node-lease";

  private final World world;
  private final Machine machine;
  private boolean syncing;

  Kubelet(World world, Machine machine) {
    this.world = world;
    this.machine = machine;
  }

  void start() {
    renew();
    status();
    world.time.after(world.time.between(0, 10 * SECOND), this::renewAgain);
    world.time.after(world.time.between(0, 10 * SECOND), this::statusAgain);
  }

  private void renewAgain() {
    renew();
    world.time.after(10 * SECOND + world.time.between(0, SECOND / 2), this::renewAgain);
  }

  private void statusAgain() {
    status();
    world.time.after(10 * SECOND, this::statusAgain);
  }

  /** Talks to the API server again after a cut or a start. */
  void reconnected() {
    world.time.after(
        world.time.between(100 * MILLISECOND, 5 * SECOND),
        () -> {
          renew();
          status();
          sync();
        });
  }

  private void renew() {
    if (!machine.isConnected()) {
      return;
    }
    if (world.api.get(NODES, "/" + machine.name) == null) {
      world.register(machine);
    }
    String now = world.microTime();
    ObjectNode lease = world.api.get(LEASES, NODE_LEASES + "/" + machine.name);
    if (lease == null) {
      lease = Json.object();
      lease.withObjectProperty("metadata").put("name", machine.name).put("namespace", NODE_LEASES);
      lease.withObjectProperty("spec").put("leaseDurationSeconds", 40).put("renewTime", now);
      world.api.create(LEASES, lease);
    } else {
      world.api.edit(
          LEASES, Json.key(lease), json -> json.withObjectProperty("spec").put("renewTime", now));
    }
  }

  private void status() {
    if (!machine.isConnected()) {
      return;
    }
    world.api.edit(
        NODES,
        "/" + machine.name,
        node -> {
          Json.ready(node, "True");
          node.withObject("/status/nodeInfo").put("bootID", machine.boot());
          ArrayNode inUse = node.withObjectProperty("status").putArray("volumesInUse");
          inUse().forEach(inUse::add);
        });
    world.takenByController.removeIf(taken -> taken.startsWith(machine.name + "/"));
    machine.containers.values().forEach(container -> container.reported = true);
    sync();
  }

  private Set<String> inUse() {
    Set<String> names = new TreeSet<>();
    for (Container container : machine.containers.values()) {
      for (Volume volume : container.volumes) {
        if (volume.driver.attaches()) {
          names.add(volume.uniqueName());
        }
      }
    }
    return names;
  }

  /** Compares the Pods with the containers a little later, as watches do. */
  void wake() {
    if (!syncing) {
      syncing = true;
      world.time.after(
          world.time.between(50 * MILLISECOND, SECOND),
          () -> {
            syncing = false;
            sync();
          });
    }
  }

  private void sync() {
    if (!machine.isConnected()) {
      return;
    }
    for (Container container : List.copyOf(machine.containers.values())) {
      JsonNode pod = world.api.get(PODS, container.pod);
      if (pod == null || !Json.uid(pod).equals(container.uid)) {
        stop(container);
      }
    }
    for (JsonNode pod : world.api.list(PODS)) {
      if (pod.path("spec").path("nodeName").asText("").equals(machine.name)) {
        sync(pod);
      }
    }
  }

  private void sync(JsonNode pod) {
    Container container = machine.containers.get(Json.uid(pod));
    if (Json.isBeingDeleted(pod)) {
      if (container != null) {
        stop(container);
      }
      world.time.after(SECOND, () -> confirm(Json.key(pod), Json.uid(pod)));
      return;
    }
    if (container == null) {
      container = new Container(Json.uid(pod), Json.key(pod));
      container.volumes.addAll(world.volumesOf(pod));
      machine.containers.put(container.uid, container);
    }
    if (container.runs) {
      if (!Json.isReady(pod)) {
        world.api.edit(PODS, container.pod, json -> Json.ready(json, "True"));
      }
    } else if (canStart(container)) {
      start(container);
    }
  }

  /** A mount waits until the volume is reported in use and attached. */
  private boolean canStart(Container container) {
    for (Volume volume : container.volumes) {
      if (volume.driver.attaches()) {
        JsonNode attachment =
            world.api.get(ATTACHMENTS, "/" + world.attachmentName(volume, machine.name));
        if (!container.reported
            || attachment == null
            || Json.isBeingDeleted(attachment)
            || !attachment.path("status").path("attached").asBoolean()) {
          return false;
        }
      }
    }
    return true;
  }

  private void start(Container container) {
    container.runs = true;
    world.trace("container of Pod %s starts on %s", container.pod, machine.name);
    for (Volume volume : container.volumes) {
      if (!volume.driver.attaches()) {
        volume.granted.add(machine.name);
        volume.lostBy.remove(machine.name);
      }
      world.checker.writers(volume);
    }
    world.time.after(world.time.between(SECOND / 2, 2 * SECOND), this::wake);
  }

  private void stop(Container container) {
    machine.containers.remove(container.uid);
    if (container.runs) {
      world.trace("container of Pod %s ends on %s", container.pod, machine.name);
    }
    container.runs = false;
    released(new ArrayList<>(container.volumes));
  }

  /** The volumes are unmounted, so the node cannot write any more. */
  private void released(List<Volume> volumes) {
    for (Volume volume : volumes) {
      boolean used =
          machine.containers.values().stream().anyMatch(other -> other.volumes.contains(volume));
      if (!used) {
        boolean attached =
            world.api.get(ATTACHMENTS, "/" + world.attachmentName(volume, machine.name)) != null;
        if (!attached) {
          volume.granted.remove(machine.name);
        }
      }
    }
  }

  private void confirm(String key, String uid) {
    JsonNode pod = world.api.get(PODS, key);
    if (machine.isConnected()
        && pod != null
        && Json.uid(pod).equals(uid)
        && !machine.containers.containsKey(uid)) {
      world.api.delete(PODS, key, SimulatedApiServer.options(0));
    }
  }

  /** The machine is switched off: nothing of it is left. */
  void lost() {
    for (Container container : List.copyOf(machine.containers.values())) {
      stop(container);
    }
  }
}
