package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.ObjectTree;
import io.rwopguard.cluster.Resources;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Nodes;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Reads the nodes of a small cluster once a minute at most, and no more than {@link Nodes#MOST} of
 * a large one. Nodes seldom come, and what is decided by them is only a warning.
 */
final class NodeReads {

  private static final Logger LOG = Logger.getLogger(NodeReads.class);
  private static final Duration REMEMBERED = Duration.ofMinutes(1);

  private record Answer(Lookup<Nodes> nodes, long nanos) {}

  private final KubernetesClient client;
  private volatile Answer answer;

  NodeReads(KubernetesClient client) {
    this.client = client;
  }

  /** What was read within the last minute; unknown if nothing was. */
  Lookup<Nodes> last() {
    Answer last = answer;
    return last == null || isOld(last) ? Lookup.unknown() : last.nodes();
  }

  /** Whether nobody has asked within the last minute: a refusal is not asked for again at once. */
  boolean isDue() {
    Answer last = answer;
    return last == null || isOld(last);
  }

  Lookup<Nodes> read() {
    Lookup<Nodes> read = ask();
    answer = new Answer(read, System.nanoTime());
    return read;
  }

  private static boolean isOld(Answer answer) {
    return System.nanoTime() - answer.nanos() > REMEMBERED.toNanos();
  }

  private Lookup<Nodes> ask() {
    try {
      GenericKubernetesResourceList nodes =
          client
              .genericKubernetesResources(Resources.NODES)
              .list(new ListOptionsBuilder().withLimit((long) Nodes.MOST).build());
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
          "The nodes could not be listed, so that Pods are taken to be on different ones: %s",
          failure.getMessage());
      return Lookup.unknown();
    }
  }
}
