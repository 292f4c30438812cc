package io.rwopguard.testing.controllers;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/**
 * Simulated nodes in a real API server, to test what a failover does to objects and when it does
 * nothing. The nodes are only objects, whose Leases are renewed as long as they live. They have
 * Pods and volumes.
 */
public final class SimulatedNodes implements AutoCloseable {

  /** Suspicion starts soon with such a short Lease: after three seconds. */
  private static final Duration SHORT_LEASE = Duration.ofSeconds(8);

  /** The Leases that kubelets have. */
  public static final Duration USUAL_LEASE = Duration.ofSeconds(40);

  public static final String DRIVER = "played.csi.example.org";

  private final KubernetesClient client;
  private final String namespace;
  private final Duration lease;
  private final Map<String, Duration> alive = new ConcurrentHashMap<>();
  private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();

  public SimulatedNodes(KubernetesClient client, String namespace, int nodes) {
    this(client, namespace, nodes, SHORT_LEASE);
  }

  /** Creates the same cluster, with nodes whose Leases last this long. */
  public SimulatedNodes(KubernetesClient client, String namespace, int nodes, Duration lease) {
    this.client = client;
    this.namespace = namespace;
    this.lease = lease;
    apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: %s, labels: {rwop-guard.io/failover: enabled}}
        """
            .formatted(namespace));
    driver(DRIVER, true);
    for (int i = 0; i < nodes; i++) {
      node(namespace + "-spare-" + i);
    }
    var unused = heart.scheduleAtFixedRate(this::beat, 1000, 1000, TimeUnit.MILLISECONDS);
  }

  public void apply(String manifest) {
    client.resource(manifest).forceConflicts().serverSideApply();
  }

  public void driver(String name, boolean attaches) {
    apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: %s}
        spec: {attachRequired: %s}
        """
            .formatted(name, attaches));
  }

  /** A node that is ready and renews its Lease. */
  public void node(String name) {
    node(name, Duration.ZERO);
  }

  /** Adds a node whose clock is wrong by this much. */
  public void node(String name, Duration skew) {
    client
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("kubernetes.io/hostname", name)
                .endMetadata()
                .build())
        .create();
    ready(name, "True");
    // a controller would take away the taint that admission has set
    client
        .nodes()
        .withName(name)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"taints\":null}}");
    alive.put(name, skew);
    renew(name, skew);
  }

  private void beat() {
    try {
      alive.forEach(this::renew);
    } catch (RuntimeException e) {
      // the next one comes in a second
    }
  }

  public void renew(String name, Duration skew) {
    client
        .leases()
        .inNamespace("kube-node-lease")
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("kube-node-lease")
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(name)
                .withLeaseDurationSeconds((int) lease.toSeconds())
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC).plus(skew))
                .endSpec()
                .build())
        .forceConflicts()
        .serverSideApply();
  }

  public void ready(String name, String status) {
    ready(name, status, "");
  }

  /** The service may write taints to the node at the same time. */
  private void ready(String name, String status, String message) {
    Awaitility.await()
        .ignoreExceptionsMatching(
            e -> e instanceof KubernetesClientException conflict && conflict.getCode() == 409)
        .until(() -> writeReady(name, status, message));
  }

  private boolean writeReady(String name, String status, String message) {
    client
        .nodes()
        .withName(name)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .editStatus()
                    .withConditions(
                        new NodeConditionBuilder()
                            .withType("Ready")
                            .withStatus(status)
                            .withMessage(message)
                            .build())
                    .endStatus()
                    .build());
    return true;
  }

  /** The node says nothing any more, and its controllers have noticed. */
  public void die(String name) {
    alive.remove(name);
    ready(name, "Unknown");
  }

  /** Its kubelet says good-bye, as pkg/kubelet/nodeshutdown does. */
  public void shutDown(String name) {
    alive.remove(name);
    ready(name, "False", "node is shutting down");
  }

  public void resurrect(String name) {
    ready(name, "True");
    alive.put(name, Duration.ZERO);
  }

  public void deleteNode(String name) {
    alive.remove(name);
    client.nodes().withName(name).delete();
    client.leases().inNamespace("kube-node-lease").withName(name).delete();
  }

  /** A StatefulSet of one, its claim, and its volume, attached to this node and used there. */
  public void database(String name, String node, String driver) {
    apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %1$s-%2$s}
        spec:
          accessModes: [ReadWriteOncePod]
          capacity: {storage: 1Gi}
          claimRef: {namespace: %1$s, name: data-%2$s-0}
          csi: {driver: %3$s, volumeHandle: handle-%2$s}
        """
            .formatted(namespace, name, driver));
    apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data-%2$s-0, namespace: %1$s}
        spec:
          accessModes: [ReadWriteOncePod]
          volumeName: %1$s-%2$s
          storageClassName: ""
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(namespace, name));
    apply(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: %2$s, namespace: %1$s}
        spec:
          serviceName: %2$s
          replicas: 1
          selector: {matchLabels: {app: %2$s}}
          template:
            metadata: {labels: {app: %2$s}}
            spec: {containers: [{name: db, image: db}]}
        """
            .formatted(namespace, name));
    pod(name, node);
    apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: VolumeAttachment
        metadata: {name: %s}
        spec: {attacher: %s, nodeName: %s, source: {persistentVolumeName: %s-%s}}
        """
            .formatted(attachment(name, node, driver), driver, node, namespace, name));
    client
        .nodes()
        .withName(node)
        .editStatus(
            object ->
                new NodeBuilder(object)
                    .editStatus()
                    .addToVolumesInUse("kubernetes.io/csi/%s^handle-%s".formatted(driver, name))
                    .endStatus()
                    .build());
  }

  public static String attachment(String name, String node, String driver) {
    try {
      byte[] text = ("handle-" + name + driver + node).getBytes(StandardCharsets.UTF_8);
      return "csi-" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A Pod of a StatefulSet that waits on a node, such as for its volume. */
  public void waitingPod(String name, String node) {
    create(name, node);
  }

  /** Fails as soon as this is no longer null, within this time. */
  public void watchFor(Duration time, Supplier<String> nothing) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      String found = nothing.get();
      if (found != null) {
        throw new AssertionError("expected nothing, found " + found);
      }
      Thread.sleep(100);
    }
  }

  /** The Pod of a StatefulSet, ready on a node. */
  public void pod(String name, String node, String... finalizers) {
    create(name, node, finalizers);
    run(name);
  }

  /** The Pod of a StatefulSet gets ready. */
  public void run(String name) {
    client
        .pods()
        .inNamespace(namespace)
        .withName(name + "-0")
        .editStatus(
            object ->
                new PodBuilder(object)
                    .editOrNewStatus()
                    .withPhase("Running")
                    .withConditions(
                        new PodConditionBuilder().withType("Ready").withStatus("True").build())
                    .endStatus()
                    .build());
  }

  private void create(String name, String node, String... finalizers) {
    String owner =
        client
            .apps()
            .statefulSets()
            .inNamespace(namespace)
            .withName(name)
            .get()
            .getMetadata()
            .getUid();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name + "-0")
            .withNamespace(namespace)
            .withFinalizers(finalizers)
            .addNewOwnerReference()
            .withApiVersion("apps/v1")
            .withKind("StatefulSet")
            .withName(name)
            .withUid(owner)
            .withController(true)
            .endOwnerReference()
            .endMetadata()
            .withNewSpec()
            .withNodeName(node)
            .addNewContainer()
            .withName("db")
            .withImage("db")
            .endContainer()
            .addNewVolume()
            .withName("data")
            .withNewPersistentVolumeClaim("data-" + name + "-0", false)
            .endVolume()
            .endSpec()
            .build();
    client.pods().inNamespace(namespace).resource(pod).create();
  }

  /**
   * Removes the Pods of its namespace, all attachments, and the nodes named after the namespace.
   */
  public void removeObjects() {
    client.pods().inNamespace(namespace).withGracePeriod(0).delete();
    client.storage().v1().volumeAttachments().delete();
    client.nodes().list().getItems().stream()
        .map(each -> each.getMetadata().getName())
        .filter(each -> each.startsWith(namespace))
        .forEach(this::deleteNode);
  }

  @Override
  public void close() {
    heart.shutdownNow();
  }
}
