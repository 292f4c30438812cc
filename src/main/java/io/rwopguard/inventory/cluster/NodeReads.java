package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.kube.ObjectTree;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Reads the nodes of a small cluster once a minute at most, and no more than {@link Nodes#MOST} of
 * a large one. New nodes are rare, and they only affect warnings.
 */
final class NodeReads {

  private static final Logger LOG = Logger.getLogger(NodeReads.class);
  private static final Duration REMEMBERED = Duration.ofMinutes(1);

  private record Answer(Lookup<Nodes> nodes, long nanos) {}

  private final KubernetesClient client;
  private final LiveReadMetrics metrics;
  private volatile Answer answer;

  NodeReads(KubernetesClient client, LiveReadMetrics metrics) {
    this.client = client;
    this.metrics = metrics;
  }

  /** Returns the nodes read within the last minute; unknown if there was no read. */
  Lookup<Nodes> last() {
    return fresh().map(Answer::nodes).orElseGet(Lookup::unknown);
  }

  /** Returns whether the last answer, a refusal included, is more than a minute old. */
  boolean isDue() {
    return fresh().isEmpty();
  }

  private Optional<Answer> fresh() {
    return Optional.ofNullable(answer)
        .filter(last -> System.nanoTime() - last.nanos() <= REMEMBERED.toNanos());
  }

  Lookup<Nodes> read() {
    Lookup<Nodes> read = ask();
    answer = new Answer(read, System.nanoTime());
    return read;
  }

  private Lookup<Nodes> ask() {
    LiveRead read = LiveRead.of("Node", "", "", metrics);
    try {
      GenericKubernetesResourceList nodes =
          read.send(
              () ->
                  client
                      .genericKubernetesResources(Resources.NODES)
                      .list(new ListOptionsBuilder().withLimit((long) Nodes.MOST).build()));
      String more = nodes.getMetadata().getContinue();
      return Lookup.found(
          new Nodes(
              more == null || more.isEmpty()
                  ? nodes.getItems().stream()
                      .map(node -> Nodes.Node.of(ObjectTree.of(node)))
                      .toList()
                  : List.of()));
    } catch (KubernetesClientException failure) {
      LOG.warnf(
          "The nodes cannot be listed, so rules assume several nodes for ReadWriteOnce claims. Grant this service account the right to list nodes, as the chart does: %s",
          failure.getMessage());
      return Lookup.unknown();
    }
  }
}
