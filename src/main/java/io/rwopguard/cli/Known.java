package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.NoCluster;
import io.rwopguard.inventory.cluster.WatchedCluster;
import java.time.Duration;
import java.util.Optional;

/**
 * What a command knows besides what it is given: a cluster, or nothing.
 *
 * @param namespace the one of the kubeconfig's context, in which kubectl would create an object
 *     that names none; empty without a cluster
 */
record Known(Inventory inventory, Optional<String> namespace, Runnable end)
    implements AutoCloseable {

  /** Long enough to list a large cluster. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  static Known of(boolean asked, Cluster cluster) {
    if (!asked) {
      return new Known(new NoCluster(), Optional.empty(), () -> {});
    }
    KubernetesClient client = cluster.client();
    WatchedCluster watched = WatchedCluster.read(client, PATIENCE);
    return new Known(
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
