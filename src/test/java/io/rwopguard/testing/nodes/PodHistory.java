package io.rwopguard.testing.nodes;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All Pods that a namespace has had since this started to watch, with the ends of their containers.
 * The Pod of a drain is gone before a test can ask for it.
 */
public final class PodHistory implements ResourceEventHandler<Pod>, AutoCloseable {

  /** The end of a container: how, and of which Pod. */
  public record End(String uid, String container, int exitCode, String reason) {}

  private final Map<String, Pod> last = new LinkedHashMap<>();
  private final Set<End> ends = new LinkedHashSet<>();
  private final Set<String> present = new LinkedHashSet<>();
  private final SharedIndexInformer<Pod> informer;
  private int mostAtOnce;

  public PodHistory(RealCluster cluster, String namespace) {
    informer = cluster.client().pods().inNamespace(namespace).inform(this);
  }

  @Override
  public synchronized void onAdd(Pod pod) {
    present.add(pod.getMetadata().getUid());
    mostAtOnce = Math.max(mostAtOnce, present.size());
    remember(pod);
  }

  @Override
  public synchronized void onUpdate(Pod before, Pod pod) {
    if (!before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
      // a watch that was interrupted shows the successor as an update
      onDelete(before, true);
      onAdd(pod);
    }
    remember(pod);
  }

  @Override
  public synchronized void onDelete(Pod pod, boolean finalStateUnknown) {
    present.remove(pod.getMetadata().getUid());
    remember(pod);
  }

  private void remember(Pod pod) {
    last.put(pod.getMetadata().getUid(), pod);
    for (ContainerStatus status : statuses(pod).toList()) {
      remember(pod, status, status.getState().getTerminated());
      remember(pod, status, status.getLastState().getTerminated());
    }
  }

  private void remember(Pod pod, ContainerStatus status, ContainerStateTerminated end) {
    if (end != null) {
      ends.add(
          new End(
              pod.getMetadata().getUid(), status.getName(), end.getExitCode(), end.getReason()));
    }
  }

  private static Stream<ContainerStatus> statuses(Pod pod) {
    return Stream.concat(
        pod.getStatus().getInitContainerStatuses().stream(),
        pod.getStatus().getContainerStatuses().stream());
  }

  /** Returns all Pods as they were seen last, the first of them first. */
  public synchronized List<Pod> pods() {
    return new ArrayList<>(last.values());
  }

  /** Returns the ends of all containers, of init containers too. */
  public synchronized List<End> ends() {
    return new ArrayList<>(ends);
  }

  /** Returns the ends of a Pod's container of this name. */
  public List<End> ends(Pod pod, String container) {
    return ends().stream()
        .filter(end -> end.uid().equals(pod.getMetadata().getUid()))
        .filter(end -> end.container().equals(container))
        .toList();
  }

  /** Returns how often containers were started again in place. */
  public int restarts() {
    return pods().stream()
        .flatMap(PodHistory::statuses)
        .mapToInt(ContainerStatus::getRestartCount)
        .sum();
  }

  /** Returns how many Pods there were at one time. */
  public synchronized int mostAtOnce() {
    return mostAtOnce;
  }

  @Override
  public void close() {
    informer.close();
  }
}
