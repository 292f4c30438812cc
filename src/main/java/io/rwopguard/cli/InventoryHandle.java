package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.cluster.SnapshotInventory;
import java.time.Duration;
import java.util.Optional;

/**
 * The inventory of a command besides its input: a cluster, or nothing.
 *
 * @param namespace the namespace of the kubeconfig's context, in which kubectl would create an
 *     object without one; empty without a cluster
 */
record InventoryHandle(Inventory inventory, Optional<String> namespace, Runnable end)
    implements AutoCloseable {

  /** The time limit of the reads, enough to list a large cluster. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  static InventoryHandle of(boolean asked, ClusterOptions cluster) {
    if (!asked) {
      return new InventoryHandle(new EmptyInventory(), Optional.empty(), () -> {});
    }
    KubernetesClient client = cluster.client();
    SnapshotInventory watched = SnapshotInventory.read(client, PATIENCE);
    return new InventoryHandle(
        watched.inventory(),
        Optional.of(Optional.ofNullable(client.getNamespace()).orElse("default")),
        () -> {
          watched.close();
          client.close();
        });
  }

  @Override
  public void close() {
    end.run();
  }
}
