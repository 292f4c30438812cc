package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.ATTACHMENTS;
import static io.rwopguard.simulation.SimulatedApiServer.CLAIMS;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;
import static io.rwopguard.simulation.SimulatedApiServer.VOLUMES;
import static io.rwopguard.simulation.VirtualTime.MINUTE;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Simulates a person or a GitOps tool that deletes a workload with its Pods and claims. It creates
 * all of it again under the same names, with other volumes.
 */
final class Recreation {

  private static final long PATIENCE = 10 * MINUTE;

  private final World world;
  private final Workload workload;
  private final boolean byForce;
  private final boolean reclaims;
  private final Set<String> deleted = new HashSet<>();
  private long until;

  Recreation(World world, Workload workload, int detail) {
    this.world = world;
    this.workload = workload;
    this.byForce = detail % 2 == 0;
    this.reclaims = detail / 2 % 2 == 0;
  }

  void begin() {
    until = world.time.now() + PATIENCE;
    delete(workload.type(), workload.key(), -1);
    for (JsonNode pod : world.api.list(PODS)) {
      if (workload.owns(Json.key(pod))) {
        world.deleted(pod, Volume.Cause.STOCK);
        delete(PODS, Json.key(pod), byForce ? 0 : -1);
      }
    }
    claims().forEach(volume -> delete(CLAIMS, volume.claim, -1));
    createAgain();
  }

  /** Returns the volumes that it does not share with others. */
  private List<Volume> claims() {
    return workload.volumes.stream().filter(volume -> volume.exclusive).toList();
  }

  private void delete(String type, String key, long grace) {
    JsonNode object = world.api.get(type, key);
    if (object != null) {
      deleted.add(Json.uid(object));
      world.api.delete(type, key, SimulatedApiServer.options(grace));
    }
  }

  private boolean isGone(String type, String key) {
    JsonNode object = world.api.get(type, key);
    return object == null || !deleted.contains(Json.uid(object));
  }

  /** Waits for the deletions, which a Pod on a dead node can hold up for long. */
  private void createAgain() {
    boolean gone =
        isGone(workload.type(), workload.key())
            && claims().stream().allMatch(volume -> isGone(CLAIMS, volume.claim));
    if (!gone) {
      if (world.time.now() < until) {
        world.time.after(2 * SECOND, this::createAgain);
      }
      return;
    }
    for (Volume before : claims()) {
      if (world.api.get(CLAIMS, before.claim) == null) {
        world.recreated(workload, before, before.recreated());
        if (reclaims) {
          reclaim(before);
        }
      }
    }
    if (world.api.get(workload.type(), workload.key()) == null) {
      world.trace("workload %s is created again", workload.key());
      world.api.create(workload.type(), Manifests.workload(workload));
    }
  }

  /** The external-provisioner deletes a volume once it is attached to no node. */
  private void reclaim(Volume volume) {
    boolean attached =
        world.api.list(ATTACHMENTS).stream().anyMatch(each -> world.volumeOf(each) == volume);
    if (!attached) {
      world.api.delete(VOLUMES, "/pv-" + volume.handle, SimulatedApiServer.options(-1));
    } else if (world.time.now() < until) {
      world.time.after(5 * SECOND, () -> reclaim(volume));
    }
  }
}
