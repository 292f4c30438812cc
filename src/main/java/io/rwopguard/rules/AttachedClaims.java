package io.rwopguard.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.drivers.Answer;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Drivers;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Volume;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.NodePinning;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.PodTemplate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * ReadWriteOnce claims whose volume is attached to one node at a time, where Pods can be on
 * different nodes: the second Pod is scheduled and then waits in ContainerCreating (Multi-Attach
 * error; k8s.io/kubernetes pkg/controller/volume/attachdetach/util IsMultiAttachAllowed).
 *
 * @param everywhere the scope of namespaces that have no label of their own
 */
record AttachedClaims(AccessScope everywhere) {

  private static final Set<String> OF_MANY_NODES = Set.of("ReadWriteMany", "ReadOnlyMany");

  /** Those that an object's Pods name and share. */
  List<ClaimKey> sharedBy(ObjectFacts object, Inventory inventory) {
    Set<ClaimKey> named = object.namedClaims();
    if (named.isEmpty() || !isInScope(object.namespace(), inventory)) {
      return List.of();
    }
    JsonNode podSpec =
        object.podTemplate().map(PodTemplate::spec).orElseGet(MissingNode::getInstance);
    return NodePinning.hold(podSpec) || leaveOneFor(podSpec, inventory)
        ? List.of()
        : those(named, inventory);
  }

  /** Those of a workload that an object scales. */
  List<ClaimKey> sharedBy(ClaimUser workload, Inventory inventory) {
    return workload.claims().isEmpty()
            || workload.onOneNode()
            || !isInScope(workload.key().namespace(), inventory)
            || leaveOneFor(MissingNode.getInstance(), inventory)
        ? List.of()
        : those(workload.claims(), inventory);
  }

  /** A warning that no mode makes a refusal: Pods that share a node by chance get along. */
  static Finding finding(Rule rule, FieldPath field, ClaimKey claim, String detail, String remedy) {
    return new Finding(
        rule.id(), Severity.WARN, Severity.WARN, field, claim.name(), detail, remedy);
  }

  /** Whether the nodes of the cluster count for what is found in this object. */
  boolean asksForNodes(ObjectFacts object, Inventory inventory) {
    boolean shares = !object.namedClaims().isEmpty() || object.scaleTarget().isPresent();
    if (!shares) {
      return false;
    }
    // a namespace that is not known yet may have the label
    return inventory.namespace(object.namespace()).value().isEmpty()
        || isInScope(object.namespace(), inventory);
  }

  private boolean isInScope(String namespace, Inventory inventory) {
    return AccessScope.in(namespace, everywhere, inventory) == AccessScope.READ_WRITE_ONCE;
  }

  private static boolean leaveOneFor(JsonNode podSpec, Inventory inventory) {
    return inventory.nodes().value().map(nodes -> nodes.leaveOneFor(podSpec)).orElse(false);
  }

  private static List<ClaimKey> those(Collection<ClaimKey> claims, Inventory inventory) {
    return claims.stream()
        .filter(
            key ->
                inventory
                    .claim(key)
                    .value()
                    .filter(claim -> isOfOneNode(claim, inventory))
                    .isPresent())
        .toList();
  }

  private static boolean isOfOneNode(Claim claim, Inventory inventory) {
    Optional<Volume> volume =
        claim.volumeName().isEmpty()
            ? Optional.empty()
            : inventory.volume(claim.volumeName()).value();
    // the scheduler keeps all to the node that has a local volume
    return !claim.isExclusive()
        && isOfOneNode(volume.map(Volume::accessModes).orElse(claim.accessModes()))
        && !volume.map(Volume::onOneNode).orElse(false)
        && isAttached(Drivers.nameOf(claim, inventory), volume.isPresent(), inventory);
  }

  private static boolean isOfOneNode(List<String> modes) {
    return modes.contains(AccessScope.READ_WRITE_ONCE.label())
        && modes.stream().noneMatch(OF_MANY_NODES::contains);
  }

  private static boolean isAttached(
      Optional<String> driver, boolean hasVolume, Inventory inventory) {
    if (driver.isEmpty()) {
      // a class that no manifest tells of is most often one of block storage
      return !hasVolume && !inventory.knowsCluster();
    }
    Lookup<CsiDriver> known = inventory.csiDriver(driver.get());
    return known
        .value()
        .map(CsiDriver::attaches)
        .orElseGet(
            () ->
                isAttachedAsShipped(driver.get())
                    // what is no CSI driver has no object of it, nor volumes that name it
                    && (hasVolume || !inventory.knowsCluster()));
  }

  private static boolean isAttachedAsShipped(String driver) {
    return io.rwopguard.drivers.Drivers.of(driver)
        .map(knowledge -> knowledge.attachRequired() != Answer.NO)
        .orElse(true);
  }
}
