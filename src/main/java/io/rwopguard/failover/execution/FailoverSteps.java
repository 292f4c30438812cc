package io.rwopguard.failover.execution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.Observed;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverPlanner.Volume;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Observes the progress of a failover, and carries out single steps on the observed objects. */
final class FailoverSteps {

  /**
   * The observed state, with the objects whose version a write names.
   *
   * @param node empty if it is gone
   * @param pod the old Pod, if it still exists
   * @param attachments by the claim's name
   */
  record Seen(
      Observed observed,
      Optional<JsonNode> node,
      Optional<JsonNode> pod,
      Map<String, JsonNode> attachments) {

    /** Returns the same observed state with a newer Node object. */
    Seen on(JsonNode current) {
      return new Seen(observed, Optional.of(current), pod, attachments);
    }
  }

  private static final JsonNode NOTHING = MissingNode.getInstance();
  private static final String METADATA = "metadata";

  private final FailoverStore objects;
  private final Inventory inventory;

  FailoverSteps(FailoverStore objects, Inventory inventory) {
    this.objects = objects;
    this.inventory = inventory;
  }

  /**
   * Reads the cluster.
   *
   * @param wanted the taint that the node has to have
   * @param outOfServiceNeeded whether another failover needs our out-of-service taint
   * @param fenced whether every fence that a target needs has confirmed
   * @param pointless why there is nothing to fail over any more; empty if there is
   */
  Seen observe(
      FailoverRecord record,
      List<FailoverTarget> targets,
      Taint wanted,
      boolean outOfServiceNeeded,
      boolean fenced,
      String pointless) {
    Optional<JsonNode> node = objects.node(record.node());
    String renewTime = objects.nodeLease(record.node()).map(NodeReader::renewTime).orElse("");
    Optional<JsonNode> pod = oldPod(record);
    Map<String, JsonNode> attachments = new HashMap<>();
    Map<String, Volume> volumes = new HashMap<>();
    for (FailoverTarget target : targets) {
      Optional<JsonNode> attachment = attachment(target, record.node());
      attachment.ifPresent(found -> attachments.put(target.claim(), found));
      volumes.put(target.claim(), volume(target, attachment, node));
    }
    List<Taint> taints = node.map(NodeReader::taints).orElse(List.of());
    Node state = state(record, node, renewTime);
    Observed observed =
        new Observed(
            state,
            node.isEmpty()
                || taints.stream().anyMatch(taint -> FailoverTaints.isAsStrongAs(taint, wanted)),
            taints.stream()
                .anyMatch(taint -> taint.key().equals(FailoverTaints.OUT_OF_SERVICE_KEY)),
            taints.stream().anyMatch(FailoverTaints::isOwnOutOfService)
                && (state == Node.BACK || !outOfServiceNeeded),
            fenced,
            pod.map(FailoverSteps::state).orElse(OldPod.GONE),
            volumes,
            successorRuns(record),
            pointless);
    return new Seen(observed, node, pod, attachments);
  }

  /**
   * Returns the state of the node. A renewed Lease proves that it lives. A Node object that is
   * gone, or is a new one, proves nothing.
   */
  private static Node state(FailoverRecord record, Optional<JsonNode> node, String renewTime) {
    if (!renewTime.isEmpty() && !renewTime.equals(record.renewTime())) {
      return Node.BACK;
    }
    boolean same =
        node.filter(
                json ->
                    record.nodeUid().isEmpty()
                        || json.path(METADATA).path("uid").asText().equals(record.nodeUid()))
            .isPresent();
    return same ? Node.SILENT : Node.GONE;
  }

  /** Returns the old Pod, if it still exists. Another Pod of the same name does not count. */
  Optional<JsonNode> oldPod(FailoverRecord record) {
    if (record.podUid().isEmpty()) {
      return Optional.empty();
    }
    return objects
        .object(new ObjectKey(Kind.POD, record.namespace(), record.pod()))
        .filter(json -> json.path(METADATA).path("uid").asText().equals(record.podUid()));
  }

  /** Returns the attachment of a target to the node. Its spec must name both. */
  private Optional<JsonNode> attachment(FailoverTarget target, String node) {
    if (target.attachment().isEmpty()) {
      return Optional.empty();
    }
    return objects
        .attachment(target.attachment())
        .filter(json -> KubeObject.of(json).nodeName().equals(node))
        .filter(
            json ->
                KubeObject.of(json)
                    .spec()
                    .path("source")
                    .path("persistentVolumeName")
                    .asText()
                    .equals(target.volume()));
  }

  private static Volume volume(
      FailoverTarget target, Optional<JsonNode> attachment, Optional<JsonNode> node) {
    boolean inUse = false;
    for (JsonNode each :
        node.map(n -> KubeObject.of(n).status().path("volumesInUse")).orElse(NOTHING)) {
      inUse |= each.asText().equals(target.inUse());
    }
    return new Volume(
        attachment.isPresent(),
        attachment.map(json -> json.path(METADATA).hasNonNull("deletionTimestamp")).orElse(false),
        inUse);
  }

  private static OldPod state(JsonNode pod) {
    JsonNode metadata = pod.path(METADATA);
    boolean forced =
        metadata.hasNonNull("deletionTimestamp")
            && metadata.path("deletionGracePeriodSeconds").asLong(-1) == 0;
    return forced && !metadata.path("finalizers").isEmpty() ? OldPod.FINALIZED : OldPod.THERE;
  }

  /** Returns whether a ready Pod of the same controller on another node uses all the claims. */
  private boolean successorRuns(FailoverRecord record) {
    Set<ClaimKey> claims = new HashSet<>();
    record.claims().forEach(claim -> claims.add(new ClaimKey(record.namespace(), claim.name())));
    return inventory.usersOf(record.claim()).stream()
        .filter(user -> user.key().kind() == Kind.POD)
        .filter(user -> user.claims().containsAll(claims))
        .filter(user -> isOfSameController(user, record))
        .flatMap(user -> user.place().stream())
        .anyMatch(
            place ->
                !place.uid().equals(record.podUid())
                    && !place.node().equals(record.node())
                    && !place.beingDeleted()
                    && place.ready());
  }

  /**
   * Returns whether a Pod has the same controller. A Deployment that was changed meanwhile has
   * another ReplicaSet of the same prefix.
   */
  private static boolean isOfSameController(ClaimConsumer user, FailoverRecord record) {
    String controller = user.controller().map(Controller::toString).orElse("");
    return controller.equals(record.controller())
        || (controller.startsWith(Kind.REPLICA_SET.kindName())
            && prefix(controller).equals(prefix(record.controller())));
  }

  private static String prefix(String replicaSet) {
    return replicaSet.substring(0, Math.max(0, replicaSet.lastIndexOf('-')));
  }

  /** Adds our taint to the node as it was observed. */
  boolean taint(Seen seen, Taint taint) {
    return objects.taint(seen.node().orElseThrow(), taint);
  }

  /** Removes our out-of-service taint from the node as it was observed. */
  boolean withdraw(Seen seen) {
    JsonNode node = seen.node().orElseThrow();
    return NodeReader.taints(node).stream()
        .filter(FailoverTaints::isOwnOutOfService)
        .allMatch(taint -> objects.untaint(node, taint));
  }

  /** Deletes the Pod as it was observed. */
  boolean delete(FailoverRecord record, Seen seen) {
    return objects.forceDelete(
        record.namespace(),
        record.pod(),
        record.podUid(),
        seen.pod().orElseThrow().path(METADATA).path("resourceVersion").asText());
  }

  /** Detaches a volume from the node as both were observed. */
  boolean release(FailoverTarget target, Seen seen) {
    return switch (target.release()) {
      case VOLUME -> objects.takeFromNode(seen.node().orElseThrow(), target.inUse());
      case OUT_OF_SERVICE -> taint(seen, FailoverTaints.OUT_OF_SERVICE);
      case ATTACHMENT -> objects.deleteAttachment(seen.attachments().get(target.claim()));
      case POD_ONLY -> true;
    };
  }
}
