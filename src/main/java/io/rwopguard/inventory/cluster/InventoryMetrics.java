package io.rwopguard.inventory.cluster;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.rwopguard.kube.WatchedNamespaces;
import java.time.Instant;
import java.util.function.Supplier;

/** Shows the watches of the inventory in metrics, which are computed only when they are read. */
final class InventoryMetrics {

  private final MeterRegistry registry;

  InventoryMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Shows the watches of one kind.
   *
   * @param resource the plural name of the kind
   */
  void show(String resource, WatchedNamespaces<?> objects) {
    gauge("objects", resource, "Objects of the cluster that the process remembers", objects::size);
    gauge(
        "synced",
        resource,
        "1 once all objects have been listed",
        () -> objects.hasSynced() ? 1 : 0);
    gauge(
        "last_event_timestamp_seconds",
        resource,
        "Time of the last list, change or bookmark of the API server, in seconds since 1970",
        () -> objects.lastEvent().map(InventoryMetrics::seconds).orElse(Double.NaN));
    FunctionCounter.builder("rwop_guard_inventory_restarts", objects, watched -> watched.restarts())
        .description("Watches that were started again, because they hung or etcd was restored")
        .tag("resource", resource)
        .register(registry);
  }

  private void gauge(String name, String resource, String description, Supplier<Number> value) {
    Gauge.builder("rwop_guard_inventory_" + name, value)
        .description(description)
        .tag("resource", resource)
        .register(registry);
  }

  private static double seconds(Instant time) {
    return time.toEpochMilli() / 1000.0;
  }
}
