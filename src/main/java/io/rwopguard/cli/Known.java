package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.NoCluster;
import io.rwopguard.inventory.cluster.WatchedCluster;
import java.time.Duration;

/** What a command knows besides what it is given: a cluster, or nothing. */
record Known(Inventory inventory, Runnable end) implements AutoCloseable {

  /** Long enough to list a large cluster. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  static Known of(boolean asked, Cluster cluster) {
    if (!asked) {
      return new Known(new NoCluster(), () -> {});
    }
    KubernetesClient client = cluster.client();
    WatchedCluster watched = WatchedCluster.read(client, PATIENCE);
    return new Known(
        watched.inventory(),
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
