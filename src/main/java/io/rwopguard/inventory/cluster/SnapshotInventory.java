package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.inventory.Inventory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A cluster's inventory for a command: one snapshot, plus live reads for later changes. */
public final class SnapshotInventory implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration LOOKUP = Duration.ofSeconds(5);

  private final ClusterInventory inventory;

  private SnapshotInventory(ClusterInventory inventory) {
    this.inventory = inventory;
  }

  /**
   * Reads the current state.
   *
   * @throws KubernetesClientException if something may not be read, or the API server does not
   *     answer
   * @throws IllegalStateException if that takes longer than the patience
   */
  public static SnapshotInventory read(KubernetesClient client, Duration patience) {
    SnapshotInventory cluster = new SnapshotInventory(new ClusterInventory(client, LOOKUP));
    cluster.inventory.tryToRead();
    cluster.inventory.start();
    long end = System.nanoTime() + patience.toNanos();
    while (!cluster.inventory.hasSynced()) {
      if (System.nanoTime() > end) {
        cluster.close();
        throw new IllegalStateException(
            "not all objects could be read within "
                + patience.toMinutes()
                + " minutes; check the API server, and repeat the command");
      }
      try {
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
    return cluster;
  }

  /** Returns the inventory of the cluster. */
  public Inventory inventory() {
    return inventory;
  }

  @Override
  public void close() {
    inventory.close();
  }
}
