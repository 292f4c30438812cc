package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.NoCluster;
import io.rwopguard.inventory.cluster.WatchedCluster;
import java.time.Duration;
import java.util.Optional;

/**
 * The inventory of a command besides its input: a cluster, or nothing.
 *
 * @param namespace the namespace of the kubeconfig's context, in which kubectl would create an
 *     object without one; empty without a cluster
 */
record Known(Inventory inventory, Optional<String> namespace, Runnable end)
    implements AutoCloseable {

  /** The time limit of the reads, enough to list a large cluster. */
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
