package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.ATTACHMENTS;
import static io.rwopguard.simulation.SimulatedApiServer.NODES;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;
import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.MINUTE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The attach/detach controller and the drivers' external-attacher (k8s.io/kubernetes
 * pkg/controller/volume/attachdetach/reconciler).
 */
final class AttachDetach {

  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
  private static final long FORCED_AFTER = 6 * MINUTE;

  private final World world;
  private final Map<String, Long> undesiredSince = new HashMap<>();

  /** Volumes whose VolumeAttachment others deleted: noticed in the next sync of 60 s. */
  private final Map<String, Long> believedUntil = new HashMap<>();

  private final Set<String> detaching = new HashSet<>();
  private boolean awake;

  AttachDetach(World world) {
    this.world = world;
  }

  void wake() {
    wakeAfter(100 * MILLISECOND);
  }

  private void wakeAfter(long nanos) {
    if (!awake) {
      awake = true;
      world.time.after(
          nanos,
          () -> {
            awake = false;
            reconcile();
          });
    }
  }

  private void reconcile() {
    Set<String> desired = new HashSet<>();
    Map<String, Volume> wanted = new HashMap<>();
    for (JsonNode pod : world.api.list(PODS)) {
      String node = pod.path("spec").path("nodeName").asText("");
      if (!node.isEmpty()) {
        for (Volume volume : world.volumesOf(pod)) {
          if (volume.driver.attaches()) {
            String name = world.attachmentName(volume, node);
            desired.add(name);
            wanted.put(node + "/" + volume.handle, volume);
          }
        }
      }
    }
    undesiredSince.keySet().retainAll(names());
    boolean waits = false;
    for (ObjectNode attachment : world.api.list(ATTACHMENTS)) {
      String name = Json.name(attachment);
      if (desired.contains(name) || Json.isBeingDeleted(attachment)) {
        undesiredSince.remove(name);
      } else {
        waits |= !detach(attachment);
      }
    }
    for (var each : wanted.entrySet()) {
      waits |= !attach(each.getValue(), each.getKey().substring(0, each.getKey().indexOf('/')));
    }
    if (waits) {
      wakeAfter(2000 * MILLISECOND);
    }
  }

  private Set<String> names() {
    Set<String> names = new HashSet<>();
    world.api.list(ATTACHMENTS).forEach(each -> names.add(Json.name(each)));
    return names;
  }

  private boolean detach(ObjectNode attachment) {
    String name = Json.name(attachment);
    String nodeName = attachment.path("spec").path("nodeName").asText();
    Volume volume = world.volumeOf(attachment);
    long since = undesiredSince.computeIfAbsent(name, key -> world.time.now());
    JsonNode node = world.api.get(NODES, "/" + nodeName);
    boolean inUse =
        node != null
            && Json.texts(node.path("status").path("volumesInUse")).contains(volume.uniqueName());
    JsonNode outOfService = node == null ? null : Json.taint(node, OUT_OF_SERVICE);
    boolean expired =
        world.time.now() - since >= FORCED_AFTER && (node == null || !Json.isReady(node));
    if (inUse && outOfService == null && !expired) {
      return false;
    }
    boolean mounted = isMounted(nodeName, volume);
    if (mounted) {
      boolean ours =
          world.takenByController.contains(nodeName + "/" + volume.uniqueName())
              || (outOfService != null && outOfService.path("value").asText().equals("rwop-guard"));
      // the actor that deletes the Pod answers for what Kubernetes does after six minutes
      boolean orphaned = world.orphanedByController.contains(nodeName + "/" + volume.uniqueName());
      volume.lostBy.put(
          nodeName, orphaned || (ours && !expired) ? Volume.Cause.CONTROLLER : Volume.Cause.STOCK);
      // what a statement covers may be detached under the taint: it has no second writer
      if (ours && outOfService != null && !volume.driver.statedRevoking()) {
        world.checkConsent(nodeName, volume, "detached because of the out-of-service taint");
      }
    }
    world.trace(
        "attach/detach detaches %s from %s%s", volume.handle, nodeName, mounted ? ", mounted" : "");
    world.api.delete(ATTACHMENTS, "/" + name, SimulatedApiServer.options(-1));
    return true;
  }

  private boolean isMounted(String node, Volume volume) {
    Machine machine = world.machine(node);
    return machine != null
        && machine.containers.values().stream()
            .anyMatch(container -> container.runs && container.volumes.contains(volume));
  }

  private boolean attach(Volume volume, String node) {
    String name = world.attachmentName(volume, node);
    JsonNode there = world.api.get(ATTACHMENTS, "/" + name);
    if (there != null) {
      return !Json.isBeingDeleted(there);
    }
    boolean elsewhere =
        world.api.list(ATTACHMENTS).stream().anyMatch(each -> world.volumeOf(each) == volume);
    boolean believed = believedUntil.getOrDefault(volume.handle, 0L) > world.time.now();
    if (elsewhere || believed) {
      return false;
    }
    ObjectNode attachment = Json.object();
    ObjectNode metadata = attachment.withObjectProperty("metadata");
    metadata.put("name", name).withArray("finalizers").add("external-attacher");
    ObjectNode spec = attachment.withObjectProperty("spec");
    spec.put("attacher", volume.driver.name()).put("nodeName", node);
    spec.withObjectProperty("source").put("persistentVolumeName", "pv-" + volume.handle);
    attachment.withObjectProperty("status").put("attached", false);
    world.api.create(ATTACHMENTS, attachment);
    return true;
  }

  /** The external-attacher publishes what is new and unpublishes what is being deleted. */
  void changed(JsonNode attachment) {
    String name = Json.name(attachment);
    Volume volume = world.volumeOf(attachment);
    String node = attachment.path("spec").path("nodeName").asText();
    if (Json.isBeingDeleted(attachment)) {
      if (detaching.add(Json.uid(attachment))) {
        if (world.takenByController.remove("attachment/" + Json.uid(attachment))) {
          believedUntil.put(volume.handle, (world.time.now() / MINUTE + 1) * MINUTE);
          if (isMounted(node, volume)) {
            volume.lostBy.put(node, Volume.Cause.CONTROLLER);
          }
        }
        world.time.after(volume.driver.answerNanos(), () -> unpublish(volume, node, name));
      }
    } else if (!attachment.path("status").path("attached").asBoolean()) {
      world.time.after(volume.driver.answerNanos(), () -> publish(volume, node, name));
    }
  }

  private void publish(Volume volume, String node, String name) {
    JsonNode attachment = world.api.get(ATTACHMENTS, "/" + name);
    if (attachment == null
        || Json.isBeingDeleted(attachment)
        || attachment.path("status").path("attached").asBoolean()) {
      return;
    }
    volume.granted.add(node);
    volume.lostBy.remove(node);
    world.orphanedByController.remove(node + "/" + volume.uniqueName());
    world.api.edit(
        ATTACHMENTS, "/" + name, json -> json.withObjectProperty("status").put("attached", true));
    world.checker.writers(volume);
    world.wakeKubelet(node);
  }

  private void unpublish(Volume volume, String node, String name) {
    JsonNode object = world.api.get(NODES, "/" + node);
    boolean revokes =
        switch (volume.driver.revokes()) {
          case NEVER -> false;
          case ON_UNPUBLISH -> true;
          case UNDER_OUT_OF_SERVICE -> object != null && Json.hasTaint(object, OUT_OF_SERVICE);
        };
    if (revokes || !isMounted(node, volume)) {
      volume.granted.remove(node);
    }
    world.trace("driver unpublishes %s from %s", volume.handle, node);
    world.api.edit(
        ATTACHMENTS, "/" + name, json -> json.withObjectProperty("metadata").remove("finalizers"));
    world.checker.writers(volume);
  }
}
