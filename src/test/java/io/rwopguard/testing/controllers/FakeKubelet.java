package io.rwopguard.testing.controllers;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Simulates scheduler and kubelet for the Pods of some namespaces, as far as controllers can tell.
 * It binds Pods when their claims allow it, and finishes their deletion. It reports them ready, or
 * done if they run to an end.
 */
final class FakeKubelet implements AutoCloseable {

  private static final String NAME = "played";
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  private final KubernetesClient client;
  private final Predicate<String> namespaces;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final Future<?> rounds;

  FakeKubelet(KubernetesClient client, Predicate<String> namespaces) {
    this.client = client;
    this.namespaces = namespaces;
    // a Pod on a node that does not exist is garbage to a controller
    client
        .resource(new NodeBuilder().withNewMetadata().withName(NAME).endMetadata().build())
        .create();
    rounds = thread.scheduleWithFixedDelay(this::round, 0, 100, TimeUnit.MILLISECONDS);
  }

  private void round() {
    try {
      pods().forEach(this::play);
    } catch (KubernetesClientException e) {
      // the object is gone, or has changed since it was read: the next round reads it again
      if (e.getCode() != 404 && e.getCode() != 409) {
        System.err.println("[played node] " + e.getMessage());
      }
    }
  }

  private List<Pod> pods() {
    return client.pods().inAnyNamespace().list().getItems().stream()
        .filter(pod -> namespaces.test(pod.getMetadata().getNamespace()))
        .toList();
  }

  private void play(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      client.resource(pod).withGracePeriod(0).delete();
    } else if (pod.getSpec().getNodeName() == null) {
      if (claims(pod).stream().allMatch(claim -> isFree(pod, claim))) {
        bind(pod);
      }
    } else if (pod.getStatus().getPhase().equals("Pending")) {
      report(pod);
    }
  }

  /** The names of the claims it uses. */
  private static List<String> claims(Pod pod) {
    return pod.getSpec().getVolumes().stream()
        .map(volume -> volume.getPersistentVolumeClaim())
        .filter(Objects::nonNull)
        .map(source -> source.getClaimName())
        .toList();
  }

  /**
   * Returns whether the scheduler would accept the claim: bound, and for ReadWriteOncePod used by
   * no other Pod.
   */
  private boolean isFree(Pod pod, String name) {
    String namespace = pod.getMetadata().getNamespace();
    PersistentVolumeClaim claim =
        client.persistentVolumeClaims().inNamespace(namespace).withName(name).get();
    return claim != null
        && "Bound".equals(claim.getStatus().getPhase())
        && (!claim.getSpec().getAccessModes().contains("ReadWriteOncePod")
            || pods().stream()
                .filter(other -> other.getMetadata().getNamespace().equals(namespace))
                .noneMatch(other -> holds(other, name)));
  }

  private static boolean holds(Pod pod, String claim) {
    return pod.getSpec().getNodeName() != null
        && !OVER.contains(pod.getStatus().getPhase())
        && claims(pod).contains(claim);
  }

  private void bind(Pod pod) {
    String name = pod.getMetadata().getName();
    String namespace = pod.getMetadata().getNamespace();
    var binding =
        new BindingBuilder()
            .withNewMetadata()
            .withName(name)
            .endMetadata()
            .withNewTarget()
            .withKind("Node")
            .withName(NAME)
            .endTarget()
            .build();
    client.raw("/api/v1/namespaces/%s/pods/%s/binding".formatted(namespace, name), "POST", binding);
  }

  private void report(Pod pod) {
    boolean runsToAnEnd = !pod.getSpec().getRestartPolicy().equals("Always");
    client
        .resource(
            new PodBuilder(pod)
                .editStatus()
                .withPhase(runsToAnEnd ? "Succeeded" : "Running")
                .addNewCondition()
                .withType("Ready")
                .withStatus(runsToAnEnd ? "False" : "True")
                .endCondition()
                .endStatus()
                .build())
        .updateStatus();
  }

  @Override
  public void close() {
    rounds.cancel(false);
    thread.shutdown();
    client.nodes().withName(NAME).delete();
  }
}
