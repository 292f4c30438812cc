package io.rwopguard.failover.eligibility;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.OptedIn;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the Pods on ReadWriteOncePod claims, by the state of the watches. */
public final class SingleWriterPods {

  private final FailoverStore objects;
  private final Inventory inventory;

  /** Creates a finder of Pods in the watched inventory. */
  public SingleWriterPods(FailoverStore objects, Inventory inventory) {
    this.objects = objects;
    this.inventory = inventory;
  }

  /** Returns why not all Pods and claims have been listed yet; empty if they have. */
  public Optional<String> unsynced() {
    return inventory.unsynced();
  }

  /** Returns where a Pod runs. */
  public static PodStatus place(ClaimConsumer pod) {
    return pod.place().orElseThrow();
  }

  /** Returns the Pods that are bound to a node and have not ended. */
  public List<ClaimConsumer> placed() {
    return inventory
        .pods()
        .filter(pod -> pod.place().filter(place -> !place.over()).isPresent())
        .filter(this::isSingleWriter)
        .toList();
  }

  /** Returns the Pods of opted-in namespaces that are not ready: some may wait for a volume. */
  public List<ClaimConsumer> waiting() {
    return inventory
        .pods()
        .filter(
            pod ->
                pod.place()
                    .map(place -> !place.over() && !place.ready() && !place.beingDeleted())
                    .orElse(pod.active()))
        .filter(pod -> OptedIn.isOptedIn(pod.key().namespace(), inventory))
        .filter(this::isSingleWriter)
        .toList();
  }

  private boolean isSingleWriter(ClaimConsumer pod) {
    return pod.claims().stream()
        .anyMatch(claim -> SingleWriter.of(claim, inventory) == SingleWriter.YES);
  }

  /** Returns those of the Pods on other nodes whose volumes are still attached to this node. */
  public List<ClaimConsumer> waitingFor(String node, List<ClaimConsumer> waiting) {
    Set<String> attached = new HashSet<>();
    objects
        .node(node)
        .ifPresent(
            json -> {
              for (JsonNode volume : KubeObject.of(json).status().path("volumesAttached")) {
                attached.add(volume.path("name").asText());
              }
              for (JsonNode volume : KubeObject.of(json).status().path("volumesInUse")) {
                attached.add(volume.asText());
              }
            });
    return attached.isEmpty()
        ? List.of()
        : waiting.stream()
            .filter(pod -> pod.place().filter(place -> place.node().equals(node)).isEmpty())
            .filter(pod -> pod.claims().stream().map(this::uniqueName).anyMatch(attached::contains))
            .toList();
  }

  private String uniqueName(ClaimKey claim) {
    return inventory
        .claim(claim)
        .value()
        .map(found -> found.volumeName())
        .filter(volume -> !volume.isEmpty())
        .flatMap(volume -> objects.object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", volume)))
        .map(json -> KubeObject.of(json).spec().path("csi"))
        .map(
            csi ->
                "kubernetes.io/csi/%s^%s"
                    .formatted(csi.path("driver").asText(), csi.path("volumeHandle").asText()))
        .orElse("");
  }
}
