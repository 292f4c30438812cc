package io.rwopguard.failover.detection;

import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Drivers;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Distinguishes a storage failure from failures of Pods. If several Pods of several workloads on
 * one driver become unready within a minute, the storage is the cause. To delete Pods cannot help
 * then. Each new Pod would start with a recovery on the storage that stalls.
 */
final class StorageStalls {

  /** The number of unready Pods that make a stall: one Pod may be unhealthy, and two by chance. */
  private static final int PODS = 3;

  /** The workloads that make a stall: one workload's replicas may fail together because of it. */
  private static final int WORKLOADS = 2;

  private static final long TOGETHER = Duration.ofMinutes(1).toNanos();

  /** The time that Pods have to recover from a stall before their failures count again. */
  private static final long CALM = Duration.ofMinutes(5).toNanos();

  private record Turned(ClaimConsumer pod, long at) {}

  private static final class Stall {
    private final Set<String> pods = new HashSet<>();
    private long last;
  }

  private final Inventory inventory;
  private final EventSink events;
  private final FailoverMetrics metrics;
  private final Set<String> ready = new HashSet<>();
  private final Map<String, Map<String, Turned>> turned = new HashMap<>();
  private final Map<String, Stall> stalls = new HashMap<>();

  StorageStalls(Inventory inventory, EventSink events, FailoverMetrics metrics) {
    this.inventory = inventory;
    this.events = events;
    this.metrics = metrics;
  }

  /** Evaluates the Pods of exclusive claims on healthy nodes. */
  void look(Collection<ClaimConsumer> pods, long now) {
    Set<String> unready = new HashSet<>();
    Set<String> there = new HashSet<>();
    for (ClaimConsumer pod : pods) {
      PodStatus place = pod.place().orElseThrow();
      there.add(place.uid());
      if (place.ready()) {
        ready.add(place.uid());
      } else if (!place.beingDeleted() && !place.over()) {
        unready.add(place.uid());
        // a Pod that starts, or was unready before, proves nothing about this minute
        if (ready.remove(place.uid())) {
          driverOf(pod)
              .ifPresent(
                  driver ->
                      turned
                          .computeIfAbsent(driver, any -> new HashMap<>())
                          .put(place.uid(), new Turned(pod, now)));
        }
      }
    }
    ready.retainAll(there);
    turned.values().forEach(each -> each.values().removeIf(one -> now - one.at() > TOGETHER));
    turned.values().removeIf(Map::isEmpty);
    turned.forEach((driver, each) -> judge(driver, each, now));
    for (Iterator<Stall> all = stalls.values().iterator(); all.hasNext(); ) {
      Stall stall = all.next();
      stall.pods.retainAll(there);
      if (stall.pods.stream().filter(unready::contains).count() >= PODS) {
        stall.last = now;
      } else if (now - stall.last > CALM) {
        all.remove();
      }
    }
  }

  private void judge(String driver, Map<String, Turned> together, long now) {
    long workloads =
        together.values().stream()
            .map(each -> CrashLoopMonitor.workload(each.pod()))
            .distinct()
            .count();
    if (together.size() < PODS || workloads < WORKLOADS) {
      return;
    }
    Stall stall = stalls.get(driver);
    if (stall == null) {
      stall = new Stall();
      stalls.put(driver, stall);
      metrics.stalled(driver);
    }
    stall.last = now;
    for (Map.Entry<String, Turned> each : together.entrySet()) {
      if (stall.pods.add(each.getKey())) {
        ClaimConsumer pod = each.getValue().pod();
        events.say(
            About.pod(pod.key().namespace(), pod.key().name(), each.getKey()),
            true,
            "StorageStall",
            "%d Pods of %d workloads on volumes of %s became unready within a minute. The cause is probably the storage, so rwop-guard deletes none of them. Check the storage"
                .formatted(together.size(), workloads, driver),
            "stall of " + driver);
      }
    }
  }

  /** Returns whether the storage that a Pod uses stalls, or did a moment ago. */
  boolean concern(ClaimConsumer pod) {
    return driverOf(pod).filter(stalls::containsKey).isPresent();
  }

  private Optional<String> driverOf(ClaimConsumer pod) {
    for (ClaimKey key : pod.claims()) {
      Optional<Claim> claim = inventory.claim(key).value();
      Optional<String> driver = claim.flatMap(found -> Drivers.nameOf(found, inventory));
      if (driver.isPresent()) {
        return driver;
      }
    }
    return Optional.empty();
  }
}
