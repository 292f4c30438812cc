package io.rwopguard.simulation;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.simulation.Driver.Revocation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** A cluster, its settings and its workloads, drawn from a seed. */
final class Scenario {

  /** A driver that the knowledge base knows to revoke under the out-of-service taint alone. */
  private static final String CEPH = "rbd.csi.ceph.com";

  final List<Workload> workloads = new ArrayList<>();
  final List<Volume> volumes = new ArrayList<>();
  final Map<String, String> settings = new HashMap<>();

  /** Node on which each workload's Pod runs at first. */
  final List<Integer> places = new ArrayList<>();

  final int nodes;
  final int replicas;
  final boolean replicasOnNodes;
  final SimulatedFence.Behavior fence;
  final boolean powerFence;
  final int fullNode;
  final double drift;

  Scenario(SplittableRandom random) {
    nodes = random.nextInt(10) == 0 ? 4 : 3;
    replicas = random.nextInt(8) == 0 ? 3 : 2;
    replicasOnNodes = random.nextBoolean();
    powerFence = random.nextBoolean();
    fence =
        switch (random.nextInt(8)) {
          case 0, 1 -> SimulatedFence.Behavior.REFUSES;
          case 2 -> SimulatedFence.Behavior.LATE;
          case 3 -> SimulatedFence.Behavior.RECOVERS;
          case 4 ->
              random.nextInt(4) == 0
                  ? SimulatedFence.Behavior.LIES
                  : SimulatedFence.Behavior.CONFIRMS;
          default -> SimulatedFence.Behavior.CONFIRMS;
        };
    fullNode = random.nextInt(3) == 0 ? random.nextInt(nodes) : -1;
    drift = random.nextInt(3) == 0 ? random.nextDouble() * 0.01 : 0;
    List<Driver> drivers = drivers(random);
    int count = 2 + random.nextInt(2);
    int node = random.nextInt(nodes);
    for (int i = 0; i < count; i++) {
      place(random, i, drivers.get(i % drivers.size()), node);
    }
    if (random.nextInt(6) == 0) {
      share(drivers.get(0));
    }
    settings(drivers);
  }

  private void place(SplittableRandom random, int i, Driver driver, int node) {
    String namespace = i > 0 && random.nextInt(4) == 0 ? "other" : World.OPTED_IN;
    String name = "db" + i;
    Volume volume = new Volume(namespace + "/data-" + name, driver, true);
    volumes.add(volume);
    boolean tied = random.nextInt(3) == 0;
    int place = random.nextInt(2) == 0 ? node : random.nextInt(nodes);
    Set<String> reach =
        tied ? Set.of("node-" + (place + 1), "node-" + ((place + 1) % nodes + 1)) : Set.of();
    long[] graces = {30, 30, 1, 0};
    long[] tolerations = {300, 60, 10, 10};
    Workload workload =
        new Workload(
            namespace,
            name,
            random.nextInt(4) > 0,
            new ArrayList<>(List.of(volume)),
            graces[random.nextInt(4)],
            tolerations[random.nextInt(4)],
            reach);
    workload.optedOut = i > 0 && random.nextInt(8) == 0;
    workload.refusedSince = -VirtualTime.MINUTE;
    workloads.add(workload);
    places.add(place);
  }

  /** The first two workloads share a ReadWriteOnce claim, so they are on one node. */
  private void share(Driver driver) {
    Workload first = workloads.get(0);
    Workload second = workloads.get(1);
    if (first.namespace.equals(second.namespace)) {
      Volume shared = new Volume(first.namespace + "/a-shared", driver, false);
      volumes.add(shared);
      first.volumes.add(0, shared);
      second.volumes.add(0, shared);
      places.set(1, places.get(0));
    }
  }

  private static List<Driver> drivers(SplittableRandom random) {
    List<Driver> drivers = new ArrayList<>();
    int count = 1 + random.nextInt(2);
    for (int i = 0; i < count; i++) {
      drivers.add(driver(random, "driver-" + i));
    }
    return drivers;
  }

  private static Driver driver(SplittableRandom random, String name) {
    long answer =
        switch (random.nextInt(8)) {
          case 0 -> 10 * VirtualTime.SECOND + random.nextLong(50 * VirtualTime.SECOND);
          default -> 100 * VirtualTime.MILLISECOND + random.nextLong(VirtualTime.SECOND);
        };
    VolumeRelease release =
        switch (random.nextInt(8)) {
          case 0 -> VolumeRelease.POD_ONLY;
          case 1 -> VolumeRelease.ATTACHMENT;
          case 2, 3 -> VolumeRelease.OUT_OF_SERVICE;
          default -> VolumeRelease.VOLUME;
        };
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> new Driver(name, true, Revocation.NEVER, false, true, release, answer);
      case 3 -> new Driver(name, false, Revocation.NEVER, false, true, release, answer);
      case 4 -> new Driver(name, true, Revocation.NEVER, false, false, release, answer);
      case 5 ->
          name.equals("driver-0")
              ? new Driver(
                  CEPH,
                  true,
                  Revocation.UNDER_OUT_OF_SERVICE,
                  true,
                  false,
                  VolumeRelease.OUT_OF_SERVICE,
                  answer)
              // the same, of a driver that nothing is known of
              : new Driver(
                  name,
                  true,
                  Revocation.UNDER_OUT_OF_SERVICE,
                  true,
                  false,
                  VolumeRelease.OUT_OF_SERVICE,
                  answer);
      case 6 ->
          new Driver(
              name,
              true,
              random.nextInt(4) == 0 ? Revocation.NEVER : Revocation.ON_UNPUBLISH,
              true,
              false,
              release,
              answer);
      default -> new Driver(name, true, Revocation.ON_UNPUBLISH, true, false, release, answer);
    };
  }

  private void settings(List<Driver> drivers) {
    settings.put("rwop-guard.failover.mode", "enforce");
    for (Driver driver : drivers) {
      String prefix = "rwop-guard.failover.drivers.\"" + driver.name() + "\".";
      settings.put(prefix + "revokes-on-unpublish", Boolean.toString(driver.statedRevoking()));
      settings.put(prefix + "stopped-by-fence", Boolean.toString(driver.statedFenced()));
      settings.put(
          prefix + "release",
          driver.release().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'));
    }
  }
}
