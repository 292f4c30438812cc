package io.rwopguard.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.config.AccessScope;
import io.rwopguard.drivers.Answer;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Drivers;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.NodePinning;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.Severity;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds ReadWriteOnce claims whose volume is attached to one node at a time, where Pods can be on
 * different nodes. The second Pod is scheduled and then waits in ContainerCreating (Multi-Attach
 * error; k8s.io/kubernetes pkg/controller/volume/attachdetach/util IsMultiAttachAllowed).
 *
 * @param everywhere the scope of namespaces without the label
 */
record AttachedClaims(AccessScope everywhere) {

  private static final String SCOPE_LABEL = "rwop-guard.io/scope";

  private static final Set<String> OF_MANY_NODES = Set.of("ReadWriteMany", "ReadOnlyMany");

  /** Returns the claims that an object's Pods name and share. */
  List<ClaimKey> sharedBy(ObjectFacts object, Inventory inventory) {
    JsonNode podSpec =
        object.podTemplate().map(PodTemplate::spec).orElseGet(MissingNode::getInstance);
    // most namespaces have no label, and each rule calls this
    return isInScope(object.namespace(), inventory) && !NodePinning.hold(podSpec)
        ? those(object.namedClaims(), podSpec, inventory)
        : List.of();
  }

  /** Returns the claims of a workload that an object scales. */
  List<ClaimKey> sharedBy(ClaimConsumer workload, Inventory inventory) {
    return isInScope(workload.key().namespace(), inventory) && !workload.onOneNode()
        ? those(workload.claims(), MissingNode.getInstance(), inventory)
        : List.of();
  }

  /**
   * Returns a warning that no mode raises to a refusal, because Pods that happen to share a node
   * work.
   */
  static Finding finding(Rule rule, FieldPath field, ClaimKey claim, String detail, String remedy) {
    return new Finding(
        rule.id(), Severity.WARN, Severity.WARN, field, claim.name(), detail, remedy);
  }

  /**
   * Returns the warning about more than one Pod.
   *
   * @param many the object that runs the Pods, in words
   */
  static Finding tooMany(Rule rule, FieldPath field, ClaimKey claim, String many) {
    return finding(
        rule,
        field,
        claim,
        "%s, and claim %s is ReadWriteOnce: a Pod on another node than the first stays in ContainerCreating while the first runs"
            .formatted(many, claim.name()),
        rule.remedy());
  }

  /** Returns whether the findings for this object depend on the nodes of the cluster. */
  boolean asksForNodes(ObjectFacts object, Inventory inventory) {
    // a namespace that is not known yet may have the label
    boolean mayBeInScope =
        inventory.namespace(object.namespace()).value().isEmpty()
            || isInScope(object.namespace(), inventory);
    return mayBeInScope && (object.scaleTarget().isPresent() || !object.namedClaims().isEmpty());
  }

  private boolean isInScope(String namespace, Inventory inventory) {
    return scope(namespace, inventory) == AccessScope.READ_WRITE_ONCE;
  }

  private static List<ClaimKey> those(
      Collection<ClaimKey> claims, JsonNode podSpec, Inventory inventory) {
    boolean oneNode =
        inventory.nodes().value().map(nodes -> nodes.leaveOneFor(podSpec)).orElse(false);
    return oneNode
        ? List.of()
        : claims.stream()
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
    // the scheduler keeps all Pods on the node that has a local volume
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
      // a class that no manifest describes most often provisions block storage
      return !hasVolume && !inventory.knowsCluster();
    }
    Lookup<CsiDriver> known = inventory.csiDriver(driver.get());
    return known
        .value()
        .map(CsiDriver::attaches)
        .orElseGet(
            () ->
                isAttachedAsShipped(driver.get())
                    // a provisioner without a CSI driver has no CSIDriver object, and no volume
                    // names it
                    && (hasVolume || !inventory.knowsCluster()));
  }

  private static boolean isAttachedAsShipped(String driver) {
    return io.rwopguard.drivers.Drivers.of(driver)
        .map(knowledge -> knowledge.attachRequired() != Answer.NO)
        .orElse(true);
  }

  /** Returns the scope in a namespace. A label with an unknown value is ignored. */
  private AccessScope scope(String namespace, Inventory inventory) {
    return inventory
        .namespace(namespace)
        .value()
        .map(Namespace::labels)
        .map(labels -> labels.get(SCOPE_LABEL))
        .flatMap(AccessScope::of)
        .orElse(everywhere);
  }
}
