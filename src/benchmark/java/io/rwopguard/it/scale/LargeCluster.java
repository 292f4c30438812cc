package io.rwopguard.it.scale;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * A cluster that grows. It has claims, each with the volume that it is bound to and the Pod that
 * uses it. Every tenth Pod is of a Deployment, and any number of Pods use no claim. All objects are
 * of a size as in practice.
 */
final class LargeCluster {

  /** Every claim of this rank is named by a Deployment too, the one whose Pod uses it. */
  static final int DEPLOYED = 10;

  private static final int THREADS = 16;
  private static final int CLAIMS_IN_A_NAMESPACE = 200;
  private static final Pod POD = read("pod", Pod.class);
  private static final PersistentVolumeClaim CLAIM = read("claim", PersistentVolumeClaim.class);
  private static final PersistentVolume VOLUME = read("volume", PersistentVolume.class);

  private final KubernetesClient client;
  private int claims;
  private int otherPods;
  private int objects;

  LargeCluster(KubernetesClient client) {
    this.client = client;
  }

  private static <T> T read(String name, Class<T> type) {
    try (InputStream yaml =
        LargeCluster.class.getResourceAsStream("/scale/%s.yaml".formatted(name))) {
      return Serialization.unmarshal(yaml, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int claims() {
    return claims;
  }

  /** Claims, volumes, Pods and Deployments. */
  public int objects() {
    return objects;
  }

  /** Returns those of them that have to do with a claim. */
  int objectsWithClaims() {
    return objects - otherPods;
  }

  /**
   * Adds what is missing to this many claims, and to this many Pods without any. The Pods that use
   * no claim come first, so that a service that has seen the last users has seen all objects.
   */
  void growTo(int claimsThen, int otherPodsThen) throws Exception {
    for (int i = claims; i < claimsThen; i++) {
      if (i % CLAIMS_IN_A_NAMESPACE == 0) {
        client
            .resource(
                new NamespaceBuilder()
                    .withNewMetadata()
                    .withName(namespace(i))
                    .endMetadata()
                    .build())
            .create();
      }
    }
    createAll(claims, claimsThen, LargeCluster::volume);
    createAll(claims, claimsThen, LargeCluster::claim);
    createAll(
        otherPods,
        otherPodsThen,
        i ->
            pod("job-%05d".formatted(i), namespace((int) ((long) i * claimsThen / otherPodsThen))));
    createAll(claims, claimsThen, LargeCluster::user);
    createAll(
        claims / DEPLOYED, claimsThen / DEPLOYED, i -> deployment(web(i * DEPLOYED), i * DEPLOYED));
    claims = claimsThen;
    otherPods = otherPodsThen;
  }

  private void createAll(int from, int to, IntFunction<HasMetadata> object) throws Exception {
    AtomicInteger next = new AtomicInteger(from);
    Callable<Void> work =
        () -> {
          for (int i = next.getAndIncrement(); i < to; i = next.getAndIncrement()) {
            create(object.apply(i));
          }
          return null;
        };
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      for (Future<Void> done : threads.invokeAll(Collections.nCopies(THREADS, work))) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
    objects += to - from;
  }

  /** Without reading what was made, which would take longer than making it. */
  private void create(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    String path =
        "/%s/%s%s/%s"
            .formatted(
                object.getApiVersion().contains("/") ? "apis" : "api",
                object.getApiVersion(),
                namespace == null ? "" : "/namespaces/" + namespace,
                object.getPlural());
    client.raw(path, "POST", Serialization.asJson(object));
  }

  public static String namespace(int claim) {
    return "team-%02d".formatted(claim / CLAIMS_IN_A_NAMESPACE);
  }

  private static String web(int claim) {
    return "web-%05d".formatted(claim);
  }

  private static String claimName(int claim) {
    return "data-%05d".formatted(claim);
  }

  public static String volumeName(int claim) {
    return "pvc-8b1f2c36-6d1e-4b0b-9d0a-3c8e2f5%05d".formatted(claim);
  }

  private static PersistentVolume volume(int claim) {
    return new PersistentVolumeBuilder(VOLUME)
        .editMetadata()
        .withName(volumeName(claim))
        .endMetadata()
        .editSpec()
        .withNewClaimRef()
        .withApiVersion("v1")
        .withKind("PersistentVolumeClaim")
        .withNamespace(namespace(claim))
        .withName(claimName(claim))
        .endClaimRef()
        .endSpec()
        .build();
  }

  private static PersistentVolumeClaim claim(int claim) {
    return new PersistentVolumeClaimBuilder(CLAIM)
        .editMetadata()
        .withName(claimName(claim))
        .withNamespace(namespace(claim))
        .endMetadata()
        .editSpec()
        .withVolumeName(volumeName(claim))
        .endSpec()
        .build();
  }

  private static Pod pod(String workload, String namespace) {
    return new PodBuilder(POD)
        .editMetadata()
        .withName(workload + "-5d9c7b6f48-x2x7q")
        .withNamespace(namespace)
        .addNewOwnerReference()
        .withApiVersion("apps/v1")
        .withKind("ReplicaSet")
        .withName(workload + "-5d9c7b6f48")
        .withUid("705ab4f5-6393-11e8-b7cc-42010a800002")
        .withController(true)
        .withBlockOwnerDeletion(true)
        .endOwnerReference()
        .endMetadata()
        .build();
  }

  /** The Pod that uses this claim. */
  private static Pod user(int claim) {
    return new PodBuilder(pod(web(claim), namespace(claim)))
        .editSpec()
        .addNewVolume()
        .withName("data")
        .withNewPersistentVolumeClaim(claimName(claim), false)
        .endVolume()
        .editFirstContainer()
        .addNewVolumeMount()
        .withName("data")
        .withMountPath("/var/lib/web")
        .endVolumeMount()
        .endContainer()
        .endSpec()
        .build();
  }

  /** A workload of one Pod that names this claim. */
  public static Deployment deployment(String name, int claim) {
    Pod pod = user(claim);
    pod.getSpec().setNodeName(null);
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace(claim))
        .withLabels(POD.getMetadata().getLabels())
        .endMetadata()
        .withNewSpec()
        .withReplicas(1)
        .withNewStrategy()
        .withType("Recreate")
        .endStrategy()
        .withNewSelector()
        .addToMatchLabels("app.kubernetes.io/name", "web")
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(POD.getMetadata().getLabels())
        .withAnnotations(POD.getMetadata().getAnnotations())
        .endMetadata()
        .withSpec(pod.getSpec())
        .endTemplate()
        .endSpec()
        .build();
  }
}
